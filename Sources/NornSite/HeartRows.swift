import Foundation
import NornFlow
import NornStore

/// The heart's aggregates in memory, each with the version that the store holds.
struct HeartRows: Sendable {
    enum Kind: String {
        case coordinator, member
    }

    struct Row<Value: Sendable>: Sendable {
        var value: Value
        /// Nil: not in the store yet.
        var version: Int?
    }

    var coordinators: [JobID: Row<Coordinator>] = [:]
    var members: [MemberKey: Row<Member>] = [:]
    /// Made from the members: no row of its own.
    var ledger: Ledger

    init(site: String) {
        ledger = Ledger(site: site)
    }

    var liveCoordinators: [JobID] {
        coordinators.values.filter { $0.value.phase != .ended }.map(\.value.job.id).sorted()
    }

    var liveMembers: [MemberKey] { members.values.filter { !$0.value.isSettled }.map(\.value.key).sorted() }

    /// Everything that lives, as the store has it, and the ledger that follows from it.
    /// - Parameter ledger: gives the site, its capacity and policy, and whether it admits jobs.
    static func load(like ledger: Ledger, from store: any Store, at now: Instant) async throws -> HeartRows {
        var rows = HeartRows(site: ledger.site)
        try await rows.read(from: store)
        rows.ledger = Ledger(
            site: ledger.site, capacity: ledger.capacity, policy: ledger.policy,
            members: rows.members.values.lazy.map(\.value), at: now, closedBecause: ledger.closedBecause)
        return rows
    }

    private mutating func read(from store: any Store) async throws {
        for row in try await store.aggregates(kind: Kind.coordinator.rawValue) {
            let value = try Self.decode(Coordinator.self, row)
            if value.phase != .ended { coordinators[value.job.id] = Row(value: value, version: row.version) }
        }
        for row in try await store.aggregates(kind: Kind.member.rawValue) {
            let value = try Self.decode(Member.self, row)
            if !value.isSettled { members[value.key] = Row(value: value, version: row.version) }
        }
    }

    /// These rows with those of ended jobs that the inputs are for.
    func fetched(for inputs: [HeartDriver.Input], from store: any Store) async throws -> HeartRows {
        var rows = self
        try await rows.fetch(for: inputs, from: store)
        return rows
    }

    private mutating func fetch(for inputs: [HeartDriver.Input], from store: any Store) async throws {
        for input in inputs {
            switch input {
            case .submit, .ledger: break
            case .coordinator(let job, _): try await fetchCoordinator(job, store)
            case .member(let key, _): try await fetchMember(key, store)
            case .message(.report(let report)): try await fetchCoordinator(report.job, store)
            case .message(.orders(let orders)):
                try await fetchMember(MemberKey(job: orders.job, party: orders.to), store)
                try await fetchCoordinator(orders.job, store)
            }
        }
    }

    private mutating func fetchCoordinator(_ job: JobID, _ store: any Store) async throws {
        guard coordinators[job] == nil else { return }
        coordinators[job] = try await Self.coordinator(job, in: store)
    }

    private mutating func fetchMember(_ key: MemberKey, _ store: any Store) async throws {
        guard members[key] == nil,
            let row = try await store.aggregate(kind: Kind.member.rawValue, id: key.description)
        else { return }
        members[key] = Row(value: try Self.decode(Member.self, row), version: row.version)
    }

    static func coordinator(_ job: JobID, in store: any Store) async throws -> Row<Coordinator>? {
        guard let row = try await store.aggregate(kind: Kind.coordinator.rawValue, id: job) else { return nil }
        return Row(value: try decode(Coordinator.self, row), version: row.version)
    }

    static func member(_ key: MemberKey, in store: any Store) async throws -> Member? {
        guard let row = try await store.aggregate(kind: Kind.member.rawValue, id: key.description) else { return nil }
        return try decode(Member.self, row)
    }

    static func members(of job: JobID, in store: any Store) async throws -> [Row<Member>] {
        try await store.aggregates(kind: Kind.member.rawValue).filter { $0.id.hasPrefix(job + "/") }.map {
            Row(value: try decode(Member.self, $0), version: $0.version)
        }
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ row: StoredAggregate) throws -> Value {
        try JSONDecoder().decode(type, from: row.payload)
    }

    /// Ended rows leave the memory, oldest jobs first; the store keeps them.
    mutating func forgetEnded(beyond kept: Int) {
        let jobs = coordinators.values.filter { $0.value.phase == .ended }.map(\.value.job.id).sorted()
        for job in jobs.dropLast(kept) { coordinators[job] = nil }
        let over = members.values.filter(\.value.isSettled).map(\.value.key).sorted()
        for key in over.dropLast(kept) { members[key] = nil }
    }
}
