/// A party of a job, as messages name it.
public struct PartyAddress: Hashable, Sendable, Codable, CustomStringConvertible {
    public var role: String
    /// Party id, decimal text.
    public var id: String

    public init(role: String, id: String) {
        self.role = role
        self.id = id
    }

    public var description: String { "\(role):\(id)" }
}

/// One try of a task, the same number at every party.
public struct AttemptName: Hashable, Sendable, Codable, CustomStringConvertible {
    public var job: String
    public var task: String
    public var attempt: Int

    public init(job: String, task: String, attempt: Int) {
        self.job = job
        self.task = task
        self.attempt = attempt
    }

    public var description: String { "\(job)/\(task)/\(attempt)" }
}

/// What names a message: it is delivered once, to this party's try of this task and to no later one.
public struct MailboxKey: Hashable, Sendable, CustomStringConvertible {
    public var attempt: AttemptName
    public var name: String
    public var tag: String
    public var from: PartyAddress
    public var to: PartyAddress

    public init(attempt: AttemptName, name: String, tag: String, from: PartyAddress, to: PartyAddress) {
        self.attempt = attempt
        self.name = name
        self.tag = tag
        self.from = from
        self.to = to
    }

    public var description: String { "\(attempt) \(name)/\(tag) \(from) to \(to)" }
}

/// An open file that holds a payload from offset 0, read with `pread` or mapped. Closed when its last holder lets go.
public protocol PayloadDescriptor: AnyObject, Sendable {
    var fileDescriptor: Int32 { get }
    var byteCount: Int { get }
    /// True when the bytes live in memory (a memfd) and so should not be kept long.
    var isMemory: Bool { get }
}

/// The bytes of a message.
public enum MailboxPayload: Sendable {
    case bytes([UInt8])
    case file(any PayloadDescriptor)

    public var byteCount: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .file(let file): file.byteCount
        }
    }
}

/// What is known of a message's content beside its bytes.
public struct TableFrames: Hashable, Sendable {
    public var rows: Int
    public var partitions: Int

    public init(rows: Int, partitions: Int) {
        self.rows = rows
        self.partitions = partitions
    }
}

/// A message taken from a mailbox.
public struct MailboxMessage: Sendable {
    public var key: MailboxKey
    public var payload: MailboxPayload
    /// Set when the payload is a stream of table frames.
    public var table: TableFrames?

    public init(key: MailboxKey, payload: MailboxPayload, table: TableFrames? = nil) {
        self.key = key
        self.payload = payload
        self.table = table
    }
}
