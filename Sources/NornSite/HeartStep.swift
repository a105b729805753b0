import Foundation
import NornFlow
import NornStore

/// One turn of the heart beside the rows in memory: what it changed, what it wrote down, what is left to do outside.
/// The rows stay as they are until the store has what changed; the ledger alone is stepped in place, and made anew
/// when the commit fails.
struct HeartStep {
    /// Members of partners' jobs that live here at once, in all and of the jobs of one peer.
    static let partnerMembersMaximum = 4096
    static let membersOfPeerMaximum = 1024

    /// A party's rules to be asked.
    struct Check: Sendable {
        var key: MemberKey
        var job: Job
        var contract: Int
    }

    let rows: HeartRows
    private let fence: UInt64
    private let timing: Timing
    private let now: Instant
    private let isLocal: @Sendable (Party) -> Bool
    private let peerName: @Sendable (Party) -> String

    private var queue: [HeartDriver.Input] = []
    private(set) var coordinators: [JobID: HeartRows.Row<Coordinator>] = [:]
    private(set) var members: [MemberKey: HeartRows.Row<Member>] = [:]
    /// Those that took only quiet steps, which are written with the next one that is not; see `Coordinator.isQuiet`.
    private(set) var quiet: Set<HeartTimers.Target> = []
    /// Members that this turn made, by their job.
    private var fresh: [JobID: [MemberKey]] = [:]
    private(set) var records: [LogEntry] = []
    /// What is left to do outside, in order; nil where a later message of the turn says the same and more.
    private var outside: [Effect?] = []
    /// Where in it the newest message of each lane stands.
    private var sent: [Message.Lane: Int] = [:]
    private var checks: [Check] = []
    /// Members that were not made, as too many live. Their coordinators ask again.
    private(set) var refused: [MemberKey] = []
    private(set) var wakes: [HeartTimers.Target: Instant?] = [:]

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

    /// What is left to do outside, in order.
    var outward: [Effect] { outside.compactMap(\.self) }

    /// The jobs that this turn changed.
    var changedJobs: Set<JobID> { Set(coordinators.keys).union(members.keys.map(\.job)) }

    /// Steps until no input and no message between the site's own aggregates is left.
    mutating func run(_ inputs: [HeartDriver.Input]) {
        queue = inputs
        var next = 0
        while next < queue.count {
            let input = queue[next]
            next += 1
            take(input)
        }
        queue = []
    }

    /// The checks that came up since the last time; nil when there are none.
    mutating func takeChecks() -> [Check]? {
        defer { checks = [] }
        return checks.isEmpty ? nil : checks
    }

    // MARK: Rows as they are in this turn

    func coordinator(_ job: JobID) -> HeartRows.Row<Coordinator>? { coordinators[job] ?? rows.coordinators[job] }

    func member(_ key: MemberKey) -> HeartRows.Row<Member>? { members[key] ?? rows.members[key] }

    /// The members of a job here, in the order of their parties.
    func members(of job: JobID) -> [Member] {
        let keys = rows.index.members(of: job) + (fresh[job] ?? [])
        return keys.sorted().compactMap { member($0)?.value }
    }

    // MARK: Inputs

    private mutating func take(_ input: HeartDriver.Input) {
        switch input {
        case .submit(let job):
            guard coordinator(job.id) == nil else { return }
            let value = Coordinator(
                job: job, fence: fence, timing: timing, gathersEarly: areAtSitesOfTheirOwn(job.parties), at: now)
            coordinators[job.id] = HeartRows.Row(value: value, version: nil)
            stepCoordinator(job.id, .submitted)
        case .coordinator(let job, let event): stepCoordinator(job, event)
        case .member(let key, let event): stepMember(key, event)
        case .ledger(let event): take(rows.ledger.step(event, at: now), of: nil)
        case .message(.report(let report)):
            guard coordinator(report.job) != nil else { return answer(.orders(Orders(toUnknown: report))) }
            stepCoordinator(report.job, .report(report))
        case .message(.orders(let orders)): take(orders)
        }
    }

    private mutating func take(_ orders: Orders) {
        let key = MemberKey(job: orders.job, party: orders.to)
        if member(key) == nil {
            guard isLocal(orders.from) || !isOfAnother(orders) else { return }
            let site = rows.ledger.site
            guard let made = Member(for: orders, site: site, epoch: fence, at: now) else {
                if let report = Report(toUnknown: orders, site: site, epoch: fence) { answer(.report(report)) }
                return
            }
            guard isLocal(orders.from) || hasRoom(for: orders.from) else {
                refused.append(key)
                return
            }
            members[key] = HeartRows.Row(value: made, version: nil)
            fresh[key.job, default: []].append(key)
        }
        stepMember(key, .orders(orders))
    }

    /// Tells a partner that there is no row of its job here; a job of this site alone has no one to tell.
    private mutating func answer(_ message: Message) {
        if !isLocal(message.to) { send(message) }
    }

    private func hasRoom(for initiator: Party) -> Bool {
        var counts = rows.index.initiators.filter { !isLocal($0.key) }
        for key in fresh.values.joined() {
            guard let party = members[key]?.value.job.initiator, !isLocal(party) else { continue }
            counts[party, default: 0] += 1
        }
        guard counts.values.reduce(0, +) < Self.partnerMembersMaximum else { return false }
        let name = peerName(initiator)
        let ofPeer = counts.filter { peerName($0.key) == name }.values.reduce(0, +)
        return ofPeer < Self.membersOfPeerMaximum
    }

    /// Whether a partner's orders use the id of a job that this site or another partner coordinates.
    private func isOfAnother(_ orders: Orders) -> Bool {
        coordinator(orders.job) != nil || members(of: orders.job).contains { $0.job.initiator != orders.from }
    }

    private func areAtSitesOfTheirOwn(_ parties: [Party]) -> Bool {
        let sites = parties.map { isLocal($0) ? nil : peerName($0) }
        return Set(sites).count == sites.count
    }

    // MARK: Steps

    private mutating func stepCoordinator(_ job: JobID, _ event: Coordinator.Event) {
        guard let row = coordinator(job) else { return }
        var value = row.value
        var effects: [Effect] = []
        // One that was done when the site began, or comes from a backup, does not know of this run yet.
        if value.fence < fence, !event.isRestart { effects += value.step(.siteRestarted(fence: fence), at: now) }
        effects += value.step(event, at: now)
        let news = PartnerNews.entries(before: row.value, after: value) { !isLocal($0) }
        let isQuiet = value.isQuiet(after: event, effects, from: row.value.stance)
        let isFirst = coordinators[job] == nil
        let unwritten = note(.coordinator(job), isQuiet: isQuiet, isFirst: isFirst, row.unwritten + news)
        coordinators[job] = HeartRows.Row(value: value, version: row.version, unwritten: unwritten)
        take(effects, of: .coordinator(job))
        if row.value.phase != .ended, value.phase == .ended { tellDependents(of: job, value.status) }
    }

    private mutating func stepMember(_ key: MemberKey, _ event: Member.Event) {
        guard let row = member(key) else { return }
        var value = row.value
        var effects: [Effect] = []
        if value.epoch < fence, !event.isRestart { effects += value.step(.siteRestarted(epoch: fence), at: now) }
        effects += value.step(event, at: now)
        let isQuiet = value.isQuiet(after: event, effects, from: row.value.stance)
        _ = note(.member(key), isQuiet: isQuiet, isFirst: members[key] == nil, [])
        members[key] = HeartRows.Row(value: value, version: row.version)
        take(effects, of: .member(key))
    }

    // MARK: What need not be written yet

    /// Returns the entries that stay unwritten with their row.
    private mutating func note(
        _ target: HeartTimers.Target, isQuiet: Bool, isFirst: Bool, _ entries: [LogEntry]
    ) -> [LogEntry] {
        if isQuiet, isFirst || quiet.contains(target) {
            quiet.insert(target)
            return entries
        }
        quiet.remove(target)
        records += entries
        return []
    }

    /// Jobs here that wait for one that has ended now; those of this turn stand beside the index.
    private mutating func tellDependents(of job: JobID, _ status: JobStatus) {
        let ofTurn = coordinators.values.filter { $0.value.awaitedJobs.contains(job) }.map(\.value.job.id)
        for dependent in rows.index.dependents(of: job).union(ofTurn).sorted() {
            queue.append(.coordinator(dependent, .dependencyEnded(job, status)))
        }
    }

    /// Of the messages of one lane only the last leaves the turn.
    private mutating func send(_ message: Message) {
        var message = message
        if let place = sent[message.lane], case .send(let earlier)? = outside[place] {
            message = message.superseding(earlier)
            outside[place] = nil
        }
        sent[message.lane] = outside.count
        outside.append(.send(message))
    }

    /// What stays at this site is stepped in the same turn; the rest waits for the commit.
    private mutating func take(_ effects: [Effect], of target: HeartTimers.Target?) {
        for effect in effects {
            switch effect {
            case .send(let message) where isLocal(message.to): queue.append(.message(message))
            case .send(let message): send(message)
            case .ask(let request): queue.append(.ledger(.request(request)))
            case .tell(let answer): queue.append(.member(answer.member, .ledgerAnswered(answer)))
            case .wake(let instant): if let target { wakes[target] = instant }
            case .record(let entry): records.append(entry)
            case .check(let key, let job, let contract):
                checks.append(Check(key: key, job: job, contract: contract))
            default: outside.append(effect)
            }
        }
    }
}

extension Coordinator.Event {
    fileprivate var isRestart: Bool { if case .siteRestarted = self { true } else { false } }
}

extension Member.Event {
    fileprivate var isRestart: Bool { if case .siteRestarted = self { true } else { false } }
}
