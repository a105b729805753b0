/// Why a job waits.
public struct WaitingReason: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
        /// A job that this one depends on has not ended.
        case waitingForJob = "waiting_for_job"
        /// A user paused it.
        case paused
        /// The party has the job and checks its rules; without a party: what the job inherits is being checked.
        case beingChecked = "being_checked"
        /// The party does not answer.
        case partnerUnreachable = "partner_unreachable"
        /// A person at the party has to say yes.
        case waitingForApproval = "waiting_for_approval"
        /// The party's site has too little free.
        case resourcesMissing = "resources_missing"
        /// It would fit, but others are first.
        case behindOthers = "behind_others"
        /// The submitter or partner has as much at the party's site as its rules allow.
        case limitReached = "limit_reached"
        /// The disk of the party's site is nearly full: no new jobs there.
        case lowDisk = "low_disk"
        /// The ledger is being asked, or the others' answers are awaited.
        case beingReserved = "being_reserved"
        /// A task ended badly and is tried again after a pause.
        case retryPause = "retry_pause"
    }

    public var kind: Kind
    /// Which party; nil: the job as a whole.
    public var party: Party?
    /// What is missing.
    public var missing: [MissingAmount]
    /// The place in the queue of the party's site, from 1.
    public var place: Int?
    /// What the party itself says of it; of a job that is waited for its id, of a pause who asked for it, of a retry
    /// the task.
    public var words: String?
    public var since: Instant

    public init(
        _ kind: Kind, party: Party? = nil, missing: [MissingAmount] = [], place: Int? = nil, words: String? = nil,
        since: Instant
    ) {
        self.kind = kind
        self.party = party
        self.missing = missing
        self.place = place
        self.words = words
        self.since = since
    }

    /// The reason in one sentence.
    public var line: String {
        let who = party.map { "\($0.role.rawValue):\($0.id)" } ?? "the job"
        let said = words.map { ": \($0)" } ?? ""
        switch kind {
        case .waitingForJob: return "waits for the end of job \(words ?? "")"
        case .paused: return "paused by \(words ?? "a user")"
        case .beingChecked: return party == nil ? "what it inherits is being checked" : "\(who) checks its rules"
        case .partnerUnreachable: return "\(who) does not answer"
        case .waitingForApproval: return "a person at \(who) has to approve\(said)"
        case .resourcesMissing:
            return "\(who) has too little free: \(missing.map(\.words).joined(separator: "; "))\(inQueue)"
        case .behindOthers: return "others are first at \(who)\(inQueue)"
        case .limitReached: return "a limit is reached at \(who)\(said)\(inQueue)"
        case .lowDisk: return "the disk at \(who) is nearly full\(said)"
        case .beingReserved: return "\(who) reserves resources"
        case .retryPause: return "task \(words ?? "") is tried again after a pause"
        }
    }

    private var inQueue: String { place.map { ", place \($0) in its queue" } ?? "" }
}

extension MissingAmount {
    /// `8 cores wanted, 3 free`.
    fileprivate var words: String {
        let free = max(available, 0)
        return switch kind {
        case .cores: "\(wanted) cores wanted, \(free) free"
        case .memoryBytes: "\(wanted >> 20) MiB of memory wanted, \(free >> 20) MiB free"
        case .workingNodes: "\(wanted) working nodes wanted, \(free) free"
        }
    }
}

extension Coordinator {
    /// Why the job waits; empty when it does not. What concerns the job as a whole comes first, then the parties.
    public func waitingReasons() -> [WaitingReason] {
        guard outcome == nil, phase != .ended else { return [] }
        if phase == .running { return retryPauses() }
        return reasonsOfTheWhole() + job.parties.compactMap(reason)
    }

    private func reasonsOfTheWhole() -> [WaitingReason] {
        var reasons: [WaitingReason] = []
        if phase == .creating {
            reasons += awaitedJobs.map { WaitingReason(.waitingForJob, words: $0, since: phaseSince) }
            if awaitsInheritance { reasons.append(WaitingReason(.beingChecked, since: phaseSince)) }
        }
        if let pause { reasons.append(WaitingReason(.paused, words: pause.by, since: pause.since)) }
        return reasons
    }

    /// A running job waits only when none of its tasks runs and one is to be tried again.
    private func retryPauses() -> [WaitingReason] {
        guard !tasks.values.contains(where: { $0.status == .running }) else { return [] }
        return job.tasks.compactMap { task in
            guard let state = tasks[task.name], let at = state.retryAt, at > now else { return nil }
            return WaitingReason(.retryPause, party: state.failure?.party, words: task.name, since: phaseSince)
        }
    }

    private func reason(for party: Party) -> WaitingReason? {
        guard let member = members[party], phase != .paused else { return nil }
        if let asked = member.askedAt, now >= asked + Reserving.answerMilliseconds {
            return WaitingReason(.partnerUnreachable, party: party, since: asked)
        }
        guard let report = member.report, report.approval != .checking else {
            return WaitingReason(.beingChecked, party: party, since: phaseSince)
        }
        if report.approval == .waitingForApproval {
            return WaitingReason(.waitingForApproval, party: party, words: report.failure?.what, since: member.since)
        }
        guard phase == .reserving, member.reservation.want == .hold else { return nil }
        let since = member.reservationSince
        guard report.reservation.round == member.reservation.round else {
            return WaitingReason(.beingReserved, party: party, since: since)
        }
        switch report.reservation.status {
        case .asked: return WaitingReason(.beingReserved, party: party, since: since)
        case .short: return reason(report.reservation.shortage, party, since)
        default: return nil
        }
    }

    private func reason(_ shortage: Shortage?, _ party: Party, _ since: Instant) -> WaitingReason {
        let kind: WaitingReason.Kind =
            switch shortage?.cause {
            case .behindOthers: .behindOthers
            case .limit: .limitReached
            case .lowDisk: .lowDisk
            case .missing, nil: .resourcesMissing
            }
        return WaitingReason(
            kind, party: party, missing: shortage?.missing ?? [], place: shortage?.place, words: shortage?.words,
            since: since)
    }
}
