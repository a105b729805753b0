import Crypto
import NornManifest

/// What the audit log tells of.
public enum AuditKind: String, Codable, CaseIterable, Sendable {
    case jobApproved = "job_approved"
    case jobRefused = "job_refused"
    case jobAsked = "job_asked"
    case grantGiven = "grant_given"
    case grantTaken = "grant_taken"
    case pluginInstalled = "plugin_installed"
    case pluginRemoved = "plugin_removed"
    case pluginRefused = "plugin_refused"
    case pluginDisabled = "plugin_disabled"
    case pluginEnabled = "plugin_enabled"
    case quarantinePlaced = "quarantine_placed"
    case quarantineLifted = "quarantine_lifted"
    case runStarted = "run_started"
    case runEnded = "run_ended"
    case modelExported = "model_exported"
    case modelImported = "model_imported"
    case modelRemoved = "model_removed"
}

/// Something that happened, before it has its place in the audit log. What is not known is empty.
public struct NewAuditEntry: Codable, Equatable, Sendable {
    /// Bytes of a text that are kept; a longer one is cut.
    public static let textBytesMaximum = 1000

    /// Wall milliseconds since 1970.
    public var time: Int64
    public var kind: AuditKind
    /// The person, program, partner or rule whose doing it was.
    public var actor: String
    public var job: String
    /// `role:party`.
    public var party: String
    /// What it was done to: a component with its plugin, a table.
    public var subject: String
    /// SHA-256 of the plugin's library, 64 hexadecimal digits.
    public var digest: String
    /// What came of it, in words.
    public var text: String

    public init(
        time: Int64, kind: AuditKind, actor: String, job: String = "", party: String = "", subject: String = "",
        digest: String = "", text: String = ""
    ) {
        self.time = time
        self.kind = kind
        self.actor = Self.cut(actor)
        self.job = Self.cut(job)
        self.party = Self.cut(party)
        self.subject = Self.cut(subject)
        self.digest = Self.cut(digest)
        self.text = Self.cut(text)
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > textBytesMaximum else { return text }
        var kept = text.prefix(textBytesMaximum)
        while kept.utf8.count > textBytesMaximum { kept = kept.dropLast() }
        return String(kept)
    }
}

/// An entry at its place. Its hash covers all that it says and the hash of the entry before, so that no entry can be
/// changed, removed or moved without a trace in all that follow.
public struct AuditEntry: Codable, Equatable, Sendable {
    /// From 1, without a gap.
    public var sequence: Int64
    public var time: Int64
    public var kind: String
    public var actor: String
    public var job: String
    public var party: String
    public var subject: String
    public var digest: String
    public var text: String
    /// SHA-256 of the entry before; of the first one `AuditHead.none`.
    public var previous: String
    /// SHA-256, 64 hexadecimal digits.
    public var hash: String

    init(_ new: NewAuditEntry, after head: AuditHead) {
        sequence = head.sequence + 1
        time = new.time
        kind = new.kind.rawValue
        actor = new.actor
        job = new.job
        party = new.party
        subject = new.subject
        digest = new.digest
        text = new.text
        previous = head.hash
        hash = ""
        hash = expectedHash
    }

    /// SHA-256 of the deterministic CBOR (RFC 8949, 4.2) of an array of all fields but the place and the hash itself:
    /// the place follows from the chain.
    var expectedHash: String {
        let fields: CBOR = .array([
            .text(previous), .int(Int(time)), .text(kind), .text(actor), .text(job), .text(party), .text(subject),
            .text(digest), .text(text),
        ])
        let digits = Array("0123456789abcdef".utf8)
        let bytes = SHA256.hash(data: fields.encoded()).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The last entry, kept beside the log: a log whose end was cut off does not reach it.
public struct AuditHead: Codable, Equatable, Sendable {
    public var sequence: Int64
    public var hash: String

    public init(sequence: Int64, hash: String) {
        self.sequence = sequence
        self.hash = hash
    }

    /// Of a log without an entry.
    public static let none = AuditHead(sequence: 0, hash: String(repeating: "0", count: 64))
}

/// Which entries are wanted, oldest first.
public struct AuditQuery: Equatable, Sendable {
    public var after: Int64 = 0
    public var limit: Int
    public var job: String?
    public var kind: String?

    public init(after: Int64 = 0, limit: Int, job: String? = nil, kind: String? = nil) {
        self.after = after
        self.limit = limit
        self.job = job
        self.kind = kind
    }
}

/// The part of a store that is only appended to.
public protocol AuditStore: Sendable {
    func appendAudit(_ entries: [NewAuditEntry]) async throws
    func audit(_ query: AuditQuery) async throws -> [AuditEntry]
    func auditHead() async throws -> AuditHead
}
