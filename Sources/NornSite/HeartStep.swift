import Foundation
import NornFlow
import NornStore

/// One turn of the heart over rows in memory: what it changed, what it wrote down, what is left to do outside.
struct HeartStep {
    /// Members of partners' jobs that live here at once, in all and of the jobs of one peer.
    static let partnerMembersMaximum = 4096
    static let membersOfPeerMaximum = 1024

    private var rows: HeartRows
    private let fence: UInt64
    private let timing: Timing
    private let now: Instant
    private let isLocal: @Sendable (Party) -> Bool
    private let peerName: @Sendable (Party) -> String

    private var queue: [HeartDriver.Input] = []
    private var changedCoordinators: Set<JobID> = []
    private var changedMembers: Set<MemberKey> = []
    private var records: [LogEntry] = []
    private(set) var outward: [Effect] = []
    /// Coordinators that ended in this turn.
    private(set) var endedJobs: [JobID: JobStatus] = [:]
    /// Members that were not made, as too many live. Their coordinators ask again.
    private(set) var refused: [MemberKey] = []
    private(set) var wakes: [HeartTimers.Target: Instant?] = [:]

    var hasRecords: Bool { !records.isEmpty || !changedCoordinators.isEmpty || !changedMembers.isEmpty }

    /// - Parameter peerName: the site of a party that is not local.
    init(
        rows: HeartRows, fence: UInt64, timing: Timing = .standard, now: Instant,
        isLocal: @escaping @Sendable (Party) -> Bool,
        peerName: @escaping @Sendable (Party) -> String
    ) {
        self.peerName = peerName
        self.rows = rows
        self.fence = fence
        self.timing = timing
        self.now = now
        self.isLocal = isLocal
    }

    /// Steps until no input and no message between the site's own aggregates is left.
    mutating func run(_ inputs: [HeartDriver.Input]) {
        queue = inputs
        var next = 0
        while next < queue.count {
            let input = queue[next]
            next += 1
            take(input)
        }
    }

    private mutating func take(_ input: HeartDriver.Input) {
        switch input {
        case .submit(let job):
            guard rows.coordinators[job.id] == nil else { return }
            rows.coordinators[job.id] = HeartRows.Row(
                value: Coordinator(job: job, fence: fence, timing: timing, at: now), version: nil)
            stepCoordinator(job.id, .submitted)
        case .coordinator(let job, let event): stepCoordinator(job, event)
        case .member(let key, let event): stepMember(key, event)
        case .ledger(let event): stepLedger(event)
        case .message(.report(let report)): stepCoordinator(report.job, .report(report))
        case .message(.orders(let orders)): take(orders)
        }
    }

    private mutating func take(_ orders: Orders) {
        guard isLocal(orders.from) || !isOfAnother(orders) else { return }
        let key = MemberKey(job: orders.job, party: orders.to)
        if rows.members[key] == nil {
            guard let member = Member(for: orders, site: rows.ledger.site, epoch: fence, at: now)
            else { return }
            guard isLocal(orders.from) || hasRoom(for: orders.from) else {
                refused.append(key)
                return
            }
            rows.members[key] = HeartRows.Row(value: member, version: nil)
        }
        stepMember(key, .orders(orders))
    }

    private func hasRoom(for initiator: Party) -> Bool {
        let live = rows.members.values.map(\.value).filter { !$0.isSettled && !isLocal($0.job.initiator) }
        guard live.count < Self.partnerMembersMaximum else { return false }
        let name = peerName(initiator)
        return live.count { peerName($0.job.initiator) == name } < Self.membersOfPeerMaximum
    }

    /// Whether a partner's orders use the id of a job that this site or another partner coordinates.
    private func isOfAnother(_ orders: Orders) -> Bool {
        rows.coordinators[orders.job] != nil
            || rows.members.values.contains { $0.value.key.job == orders.job && $0.value.job.initiator != orders.from }
    }

    private mutating func stepCoordinator(_ job: JobID, _ event: Coordinator.Event) {
        guard var value = rows.coordinators[job]?.value else { return }
        let before = value
        let effects = value.step(event, at: now)
        records += PartnerNews.entries(before: before, after: value) { !isLocal($0) }
        rows.coordinators[job]?.value = value
        if value.phase == .ended, before.phase != .ended { endedJobs[job] = value.status }
        changedCoordinators.insert(job)
        take(effects, of: .coordinator(job))
    }

    private mutating func stepMember(_ key: MemberKey, _ event: Member.Event) {
        guard var value = rows.members[key]?.value else { return }
        let effects = value.step(event, at: now)
        rows.members[key]?.value = value
        changedMembers.insert(key)
        take(effects, of: .member(key))
    }

    private mutating func stepLedger(_ event: Ledger.Event) {
        take(rows.ledger.step(event, at: now), of: nil)
    }

    /// What stays at this site is stepped in the same turn; the rest waits for the commit.
    private mutating func take(_ effects: [Effect], of target: HeartTimers.Target?) {
        for effect in effects {
            switch effect {
            case .send(let message) where isLocal(message.to): queue.append(.message(message))
            case .ask(let request): queue.append(.ledger(.request(request)))
            case .tell(let answer): queue.append(.member(answer.member, .ledgerAnswered(answer)))
            case .wake(let instant): if let target { wakes[target] = instant }
            case .record(let entry): records.append(entry)
            default: outward.append(effect)
            }
        }
    }

    // MARK: What is written

    func commit(wallMilliseconds: Int64) throws -> Commit {
        let encoder = JSONEncoder()
        var commit = Commit()
        for job in changedCoordinators {
            guard let row = rows.coordinators[job] else { continue }
            commit.writes.append(
                AggregateWrite(
                    kind: HeartRows.Kind.coordinator.rawValue, id: job, expected: row.version,
                    payload: try encoder.encode(row.value)))
        }
        for key in changedMembers {
            guard let row = rows.members[key] else { continue }
            commit.writes.append(
                AggregateWrite(
                    kind: HeartRows.Kind.member.rawValue, id: key.description, expected: row.version,
                    payload: try encoder.encode(row.value)))
        }
        commit.events = try records.map { entry in
            NewEvent(
                job: entry.job, kind: entry.subject.rawValue, payload: try encoder.encode(entry), time: wallMilliseconds
            )
        }
        commit.jobs = try changedJobs().map { try JobIndex.record($0, rows: rows, encoder: encoder) }
        return commit
    }

    private func changedJobs() -> [JobID] {
        changedCoordinators.union(changedMembers.map(\.job)).sorted()
    }

    /// The rows as they are after the commit.
    func committedRows() -> HeartRows {
        var committed = rows
        for job in changedCoordinators {
            committed.coordinators[job]?.version = (rows.coordinators[job]?.version ?? 0) + 1
        }
        for key in changedMembers { committed.members[key]?.version = (rows.members[key]?.version ?? 0) + 1 }
        return committed
    }
}
