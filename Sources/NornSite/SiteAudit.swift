import Foundation
import NornStore

/// The site's audit log, for those who answer for it.
extension Site {
    public func auditEntries(_ query: AuditListing) async throws -> [AuditEntryView] {
        let query = AuditQuery(after: query.after, limit: query.limit, job: query.job, kind: query.kind)
        return try await store.audit(query).map(AuditEntryView.init)
    }

    /// Follows the log from its first entry to its last.
    /// - Parameter noted: `<number>:<hash>` of an entry, as an earlier verification printed it.
    public func verifyAudit(noted: String?) async throws -> AuditVerification {
        let head = try await store.auditHead()
        let chain = try await store.verifyAudit(noted: try noted.map(Self.head))
        return AuditVerification(
            holds: chain.flaw == nil, entries: chain.last.sequence, hash: chain.last.hash, head: head.sequence,
            flaw: chain.flaw?.description)
    }

    private static func head(_ text: String) throws -> AuditHead {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let isHash =
            parts.count == 2 && parts[1].count == 64
            && parts[1].utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
            }
        guard isHash, let sequence = Int64(parts[0]), sequence >= 0 else {
            throw SiteError.invalid(
                "A noted entry is its number, a colon and its hash of 64 hexadecimal digits", field: "noted",
                hint: "norn audit verify prints it")
        }
        return AuditHead(sequence: sequence, hash: parts[1])
    }

    /// Notes what a person did, by its own.
    func audit(
        _ kind: AuditKind, by caller: Caller, party: String = "", subject: String, digest: String = "",
        text: String = ""
    ) async throws {
        try await store.appendAudit([
            NewAuditEntry(
                time: Clocks.wallMilliseconds(), kind: kind, actor: caller.submitter, party: party, subject: subject,
                digest: digest, text: text)
        ])
    }
}

/// Which entries are wanted, oldest first.
public struct AuditListing: Sendable {
    public static let entriesMaximum = 10_000

    public var after: Int64
    public var limit: Int
    public var job: String?
    public var kind: String?

    /// - Parameter kind: one of `AuditKind`'s words.
    public init(after: Int64, limit: Int, job: String?, kind: String?) throws {
        if let kind, AuditKind(rawValue: kind) == nil {
            throw SiteError.invalid(
                "There is no kind of entry \(kind.prefix(40))", field: "kind",
                hint: AuditKind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self.after = after
        self.limit = limit
        self.job = job
        self.kind = kind
    }
}

/// One entry of the audit log; see `AuditEntry`.
public struct AuditEntryView: Codable, Equatable, Sendable {
    public var sequence: Int64
    public var time: Int64
    public var kind: String
    public var actor: String
    public var job: String
    public var party: String
    public var subject: String
    public var digest: String
    public var text: String
    public var previous: String
    public var hash: String

    init(_ entry: AuditEntry) {
        sequence = entry.sequence
        time = entry.time
        kind = entry.kind
        actor = entry.actor
        job = entry.job
        party = entry.party
        subject = entry.subject
        digest = entry.digest
        text = entry.text
        previous = entry.previous
        hash = entry.hash
    }
}

/// What became of a verification.
public struct AuditVerification: Codable, Equatable, Sendable {
    public var holds: Bool
    /// Entries that follow each other from the first one on, and the hash of the last of them.
    public var entries: Int64
    public var hash: String
    /// The number of the last entry, as the store noted it.
    public var head: Int64
    /// What is wrong, at the first place.
    public var flaw: String?
}
