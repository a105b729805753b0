import Foundation
import NornFlow
import NornStore

/// The heart's aggregates in memory, each with the version that the store holds, and what is found in them without a
/// look at all. Confined to the driver; it changes only together with the store.
final class HeartRows {
    enum Kind: String {
        case coordinator, member
    }

    struct Row<Value: Sendable>: Sendable {
        var value: Value
        /// Nil: not in the store yet.
        var version: Int?
        /// What is to be written to the log with the row, which changed without being written; see `HeartStep`.
        var unwritten: [LogEntry] = []
    }

    private(set) var coordinators: [JobID: Row<Coordinator>] = [:]
    private(set) var members: [MemberKey: Row<Member>] = [:]
    private(set) var index = HeartIndex()
    /// Made from the members: no row of its own.
    var ledger: Ledger

    init(site: String) {
        ledger = Ledger(site: site)
    }

    func put(_ row: Row<Coordinator>) {
        index.replace(coordinators.updateValue(row, forKey: row.value.job.id)?.value, with: row.value)
    }

    func put(_ row: Row<Member>) {
        index.replace(members.updateValue(row, forKey: row.value.key)?.value, with: row.value)
    }

    /// The members of a job that are in memory, in the order of their parties.
    func members(of job: JobID) -> [Member] { index.members(of: job).compactMap { members[$0]?.value } }

    /// Rows that are done leave the memory, those that were done first before others; the store keeps them. So do
    /// ended ones that a party has not confirmed, when they are very many: their wakes bring them back.
    func forgetEnded(beyond kept: Int, owedBeyond keptOwed: Int) {
        for job in index.takeDoneCoordinators(beyond: kept) + index.takeOwedCoordinators(beyond: keptOwed) {
            forgetCoordinator(job)
        }
        for key in index.takeSettledMembers(beyond: kept) { members[key] = nil }
    }

    /// An ended job leaves the memory with all its rows.
    func forget(_ job: JobID) {
        for key in index.takeEnded(job) { members[key] = nil }
        forgetCoordinator(job)
    }

    private func forgetCoordinator(_ job: JobID) {
        if let row = coordinators.removeValue(forKey: job) { index.remove(row.value) }
    }

    // MARK: From the store

    /// The ledger that follows from the members: what a turn did to it before its commit failed is gone.
    func remakeLedger(at now: Instant) {
        ledger = Ledger(
            site: ledger.site, capacity: ledger.capacity, policy: ledger.policy,
            members: members.values.lazy.map(\.value), at: now, closedBecause: ledger.closedBecause)
    }

    /// Everything that is not done, as the store has it, and the ledger that follows from it. A job that has ended is
    /// done when every party has confirmed it: until then they are told.
    func reload(
        from store: any HeartStore, at now: Instant, isolation: isolated (any Actor)? = #isolation
    ) async throws {
        let coordinatorRows = try await store.aggregates(kind: Kind.coordinator.rawValue)
        let memberRows = try await store.aggregates(kind: Kind.member.rawValue)
        coordinators = [:]
        members = [:]
        index = HeartIndex()
        for row in coordinatorRows {
            let value = try Self.decode(Coordinator.self, row)
            if !value.isDone { put(Row(value: value, version: row.version)) }
        }
        for row in memberRows {
            let value = try Self.decode(Member.self, row)
            if !value.isSettled { put(Row(value: value, version: row.version)) }
        }
        remakeLedger(at: now)
    }

    /// Takes in rows of ended jobs that the inputs are for.
    func fetch(
        for inputs: [HeartDriver.Input], from store: any HeartStore, isolation: isolated (any Actor)? = #isolation
    ) async throws {
        for input in inputs {
            switch input {
            case .submit, .ledger: break
            case .coordinator(let job, .rerun):
                try await fetchCoordinator(job, store)
                // The new contract goes to members that left the memory: without their rows it would make new ones.
                for party in coordinators[job]?.value.job.parties ?? [] {
                    try await fetchMember(MemberKey(job: job, party: party), store)
                }
            case .coordinator(let job, _): try await fetchCoordinator(job, store)
            case .member(let key, _): try await fetchMember(key, store)
            case .message(.report(let report)): try await fetchCoordinator(report.job, store)
            case .message(.orders(let orders)):
                let key = MemberKey(job: orders.job, party: orders.to)
                // Who may give it orders was looked at when it was made.
                guard members[key] == nil else { continue }
                try await fetchMember(key, store)
                try await fetchCoordinator(orders.job, store)
            }
        }
    }

    private func fetchCoordinator(
        _ job: JobID, _ store: any HeartStore, isolation: isolated (any Actor)? = #isolation
    ) async throws {
        guard coordinators[job] == nil, let row = try await Self.coordinator(job, in: store) else { return }
        put(row)
    }

    private func fetchMember(
        _ key: MemberKey, _ store: any HeartStore, isolation: isolated (any Actor)? = #isolation
    ) async throws {
        guard members[key] == nil,
            let row = try await store.aggregate(kind: Kind.member.rawValue, id: key.description)
        else { return }
        put(Row(value: try Self.decode(Member.self, row), version: row.version))
    }

    static func coordinator(_ job: JobID, in store: any HeartStore) async throws -> Row<Coordinator>? {
        guard let row = try await store.aggregate(kind: Kind.coordinator.rawValue, id: job) else { return nil }
        return Row(value: try decode(Coordinator.self, row), version: row.version)
    }

    static func member(_ key: MemberKey, in store: any HeartStore) async throws -> Member? {
        guard let row = try await store.aggregate(kind: Kind.member.rawValue, id: key.description) else { return nil }
        return try decode(Member.self, row)
    }

    /// Members whose part has ended, by the store.
    static func settledMembers(in store: any HeartStore) async throws -> [MemberKey] {
        let members = try await store.aggregates(kind: Kind.member.rawValue).map { try decode(Member.self, $0) }
        return members.filter(\.isSettled).map(\.key).sorted()
    }

    /// The members of a job that left the memory, by the parties that the job is listed with.
    static func members(of job: JobID, in store: any HeartStore) async throws -> [Member] {
        var found: [Member] = []
        for (role, ids) in try await store.job(job)?.parties ?? [:] {
            guard let role = Role(rawValue: role) else { continue }
            for id in ids {
                let key = MemberKey(job: job, party: Party(role: role, id: id))
                if let member = try await member(key, in: store) { found.append(member) }
            }
        }
        return found.sorted { $0.key < $1.key }
    }

    // MARK: Their coding

    static func encode(_ value: some Encodable) throws -> Data { Data(try RowEncoder.encode(value)) }

    /// Rows of schema 3 and before are JSON; each is written anew with its next change.
    private static func decode<Value: Decodable>(_ type: Value.Type, _ row: StoredAggregate) throws -> Value {
        if row.payload.first == UInt8(ascii: "{") { return try JSONDecoder().decode(type, from: row.payload) }
        return try RowDecoder.decode(type, from: row.payload)
    }
}
