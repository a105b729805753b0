/// What the site does for one running attempt. The channel calls one-way functions in the order in which the worker
/// sent them; calls with an answer may run at the same time as others, and are cancelled when the worker ends.
public protocol AttemptServices: Sendable {
    func log(_ severity: LogSeverity, _ text: String) async
    /// CBOR `{"namespace","name","type","points","meta"}`; points append to the series.
    func metric(_ metric: [UInt8]) async
    func progress(done: Int, total: Int, text: String) async
    /// CBOR map; a later one replaces an earlier one.
    func summary(_ summary: [UInt8]) async
    /// CBOR map for people.
    func model(name: String, _ model: [UInt8]) async
    func phase(_ phase: WorkerPhase) async

    /// Returns when the message is kept for its receiver; a second one of the same name, tag and receiver is
    /// `alreadyExists`.
    func send(_ message: OutgoingMessage) async throws(AttemptError)
    /// Announces interest in a message and answers the ticket for `wait`, `take` and `drop`, at once.
    func post(_ message: ExpectedMessage) async throws(AttemptError) -> Int
    /// Answers for each ticket whether it can be taken; nil waits without end.
    func wait(tickets: [Int], mode: WaitMode, timeoutMilliseconds: Int?) async throws(AttemptError) -> [Bool]
    func take(ticket: Int) async throws(AttemptError) -> TakenMessage
    func drop(ticket: Int) async
    func output(_ output: ReportedOutput) async throws(AttemptError)
}

public enum LogSeverity: Int, Comparable, Sendable, CaseIterable {
    case debug, info, warning, error, hostFault, pluginFault

    public static func < (left: LogSeverity, right: LogSeverity) -> Bool { left.rawValue < right.rawValue }
}

public enum WorkerPhase: String, Sendable {
    case starting, loading, describing, creating, running, destroying, ended
}

public enum WaitMode: Int, Sendable {
    case any = 1
    case all = 2
}

/// A message that the component sends to a party of its job.
public struct OutgoingMessage: Sendable {
    public var name: String
    public var tag: String
    public var role: String
    public var party: String
    public var payload: Payload
    /// Set when the payload is a stream of table frames.
    public var table: TableShape?

    public init(
        name: String, tag: String, role: String, party: String, payload: Payload, table: TableShape? = nil
    ) {
        self.name = name
        self.tag = tag
        self.role = role
        self.party = party
        self.payload = payload
        self.table = table
    }
}

public struct TableShape: Hashable, Sendable {
    public var rows: Int
    public var partitions: Int

    public init(rows: Int, partitions: Int) {
        self.rows = rows
        self.partitions = partitions
    }
}

/// A message that the component waits for, by its sender.
public struct ExpectedMessage: Hashable, Sendable {
    public var name: String
    public var tag: String
    public var role: String
    public var party: String

    public init(name: String, tag: String, role: String, party: String) {
        self.name = name
        self.tag = tag
        self.role = role
        self.party = party
    }
}

public struct TakenMessage: Sendable {
    public var payload: Payload
    public var isTable: Bool

    public init(payload: Payload, isTable: Bool) {
        self.payload = payload
        self.isTable = isTable
    }
}

/// An artifact that the component made, still under the attempt's scratch folder.
public struct ReportedOutput: Sendable {
    public enum Artifact: Sendable {
        /// `isInput`: an input table handed through unchanged; it is not moved.
        case table(
            engine: String, descriptor: [UInt8], schema: [UInt8], rows: Int, partitions: Int, isInput: Bool)
        /// A finished model, cache or file of this kind.
        case file(kind: String, path: String)
    }

    public var name: String
    public var artifact: Artifact

    public init(name: String, artifact: Artifact) {
        self.name = name
        self.artifact = artifact
    }
}
