/// What is wrong with an audit log, at the first place where something is.
public enum AuditFlaw: Equatable, Sendable {
    /// The entry says something else than when it was written.
    case changed(sequence: Int64)
    /// Entries are not there.
    case removed(first: Int64, last: Int64)
    /// The entry is whole but does not follow the one before: it was moved, or what was before it has gone.
    case moved(sequence: Int64)
    /// The log ends before the entry that was the last one.
    case truncated(last: Int64, head: Int64)
    /// The log has entries that the store's own mark of the last one does not know.
    case beyondHead(last: Int64, head: Int64)
    /// A hash that somebody noted before is not that of the entry.
    case notAsNoted(sequence: Int64)

    public var description: String {
        switch self {
        case .changed(let sequence): "entry \(sequence) was changed after it was written"
        case .removed(let first, let last) where first == last: "entry \(first) was removed"
        case .removed(let first, let last): "entries \(first) to \(last) were removed"
        case .moved(let sequence):
            "entry \(sequence) does not follow the one before it: entries were reordered, or some were removed"
        case .truncated(let last, let head): "the log ends at entry \(last), but its last entry was \(head)"
        case .beyondHead(let last, let head):
            "the log ends at entry \(last), but the store knows only of \(head): entries were added past it"
        case .notAsNoted(let sequence): "entry \(sequence) is not the one whose hash was noted"
        }
    }
}

/// Follows a log entry by entry.
public struct AuditChain: Sendable {
    /// Entries read at once.
    public static let pageEntries = 1000

    private let noted: AuditHead?
    public private(set) var last = AuditHead.none
    public private(set) var flaw: AuditFlaw?

    /// - Parameter noted: an entry's place and hash that were written down elsewhere, such as by an auditor: whoever
    ///   can write the store could make a whole new chain, but not one with this hash in it.
    public init(noted: AuditHead? = nil) {
        self.noted = noted
    }

    /// Takes the next entry, by its number; does nothing once a flaw is found.
    public mutating func take(_ entry: AuditEntry) {
        guard flaw == nil else { return }
        flaw = Self.flaw(in: entry, after: last)
        if flaw == nil, let noted, noted.sequence == entry.sequence, noted.hash != entry.hash {
            flaw = .notAsNoted(sequence: entry.sequence)
        }
        if flaw == nil { last = AuditHead(sequence: entry.sequence, hash: entry.hash) }
    }

    private static func flaw(in entry: AuditEntry, after last: AuditHead) -> AuditFlaw? {
        guard entry.sequence == last.sequence + 1 else {
            return entry.sequence > last.sequence
                ? .removed(first: last.sequence + 1, last: entry.sequence - 1) : .moved(sequence: entry.sequence)
        }
        guard entry.hash == entry.expectedHash else { return .changed(sequence: entry.sequence) }
        return entry.previous == last.hash ? nil : .moved(sequence: entry.sequence)
    }

    /// The log has ended: compares with the last entry that the store noted when it wrote it.
    public mutating func end(head: AuditHead) {
        guard flaw == nil else { return }
        if last.sequence < head.sequence {
            flaw = .truncated(last: last.sequence, head: head.sequence)
        } else if last.sequence > head.sequence {
            flaw = .beyondHead(last: last.sequence, head: head.sequence)
        } else if last.hash != head.hash {
            flaw = .changed(sequence: last.sequence)
        } else if let noted, noted.sequence > last.sequence {
            flaw = .truncated(last: last.sequence, head: noted.sequence)
        }
    }
}

extension AuditStore {
    /// Follows the log from its first entry to its head as it is now. What is appended meanwhile is left to the next
    /// time.
    public func verifyAudit(noted: AuditHead? = nil) async throws -> AuditChain {
        let head = try await auditHead()
        var chain = AuditChain(noted: noted)
        var read: Int64 = 0
        reading: while chain.flaw == nil {
            let page = try await audit(AuditQuery(after: read, limit: AuditChain.pageEntries))
            for entry in page {
                // The head may have grown since it was read, and what it did not know then is no flaw.
                if entry.sequence > head.sequence, try await auditHead().sequence >= entry.sequence { break reading }
                chain.take(entry)
            }
            guard page.count == AuditChain.pageEntries, let last = page.last else { break }
            read = last.sequence
        }
        chain.end(head: head)
        return chain
    }
}
