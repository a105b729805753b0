/// What an attempt can reach: its identity, parameters, artifacts, tables, the other parties, and its tracks.
public struct TaskContext<Parameters: Sendable>: Sendable {
    public let identity: AttemptIdentity
    public let parameters: Parameters
    /// every party of the task, this one among them
    public let parties: Parties
    /// threads that the attempt may keep busy
    public let cores: Int
    /// default partition count of new tables
    public let partitions: Int
    /// 0: not limited
    public let memoryBytes: UInt64
    public let log: Log
    public let clock: HostClock
    public let inputs: Inputs
    public let outputs: Outputs
    public let tables: Tables
    public let federation: Federation
    public let tracking: Tracking
    let attempt: Attempt

    public var party: Party { identity.party }
    public var role: Role { identity.party.role }
}

extension TaskContext {
    init(
        identity: AttemptIdentity, parameters: Parameters, parties: Parties, cores: Int, memoryBytes: UInt64,
        attempt: Attempt, inputs: Inputs
    ) {
        self.identity = identity
        self.parameters = parameters
        self.parties = parties
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.inputs = inputs
        self.attempt = attempt
        partitions = attempt.defaultPartitions
        log = Log(attempt: attempt)
        clock = HostClock(attempt: attempt)
        outputs = Outputs(attempt: attempt)
        tables = Tables(attempt: attempt)
        federation = Federation(attempt: attempt, parties: parties)
        tracking = Tracking(attempt: attempt)
    }
}
