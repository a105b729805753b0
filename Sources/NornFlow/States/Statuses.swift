/// The state of a job, under the names that FATE shows.
public enum JobStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case waiting, running, success, failed, canceled, timeout

    public var isFinal: Bool { self != .waiting && self != .running }
}

/// Where a job that is not final stands.
public enum JobPhase: String, Codable, Sendable, Hashable, CaseIterable {
    /// The parties are asked whether they take part.
    case creating
    /// Everyone takes part; resources are being gathered.
    case reserving
    /// Every party holds its resources.
    case running
    /// Stopped for a while by a user: no task runs, nothing is held.
    case paused
    /// The outcome is decided; workers are being ended.
    case ending
    case ended
}

/// The state of a task over all its parties.
public enum TaskStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case waiting, running, success, failed, canceled, timeout

    public var isFinal: Bool { self != .waiting && self != .running }
}

/// The state of one attempt over all its parties.
public enum AttemptStatus: String, Codable, Sendable, Hashable, CaseIterable {
    /// Every party is told to run it.
    case running
    /// The outcome is decided; the parties that still run it are told to stop.
    case stopping
    case success, failed, canceled, timeout
    /// Ended by the platform (restart, lease), not by the component: does not count as a try.
    case lost

    public var isFinal: Bool { self != .running && self != .stopping }
}

/// The state of an attempt at one party.
public enum WorkerStatus: String, Codable, Sendable, Hashable, CaseIterable {
    /// The order to start a worker was given.
    case starting
    case running
    /// The order to end the worker was given.
    case stopping
    case success, failed, canceled, lost

    public var isFinal: Bool {
        switch self {
        case .starting, .running, .stopping: false
        default: true
        }
    }
}

/// Whether a party takes part in a job.
public enum ApprovalStatus: String, Codable, Sendable, Hashable, CaseIterable {
    /// The site checks its rules.
    case checking
    /// A person at the party has to say yes.
    case waitingForApproval = "waiting_for_approval"
    case approved, refused
}

/// The resources of a job at one party.
public enum ReservationStatus: String, Codable, Sendable, Hashable, CaseIterable {
    /// Nothing held, nothing asked.
    case none
    /// The ledger was asked.
    case asked
    /// In the ledger's queue; nothing held.
    case short
    /// Held until every party holds, or the lease ends.
    case held
    /// Held for the job's life, or until the lease ends.
    case confirmed
    /// Workers have to end before the resources go back.
    case releasing
}
