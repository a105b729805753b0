/// Messages for attempts that are not open here yet: the sender's site was faster. Kept a bounded time, each peer's and
/// the own parties' within a budget of its own, so that none crowds the others out.
struct EarlyMessages {
    enum Arrival {
        case message(MailboxMessage)
        case announcement(Announcement, TrustedPeer)

        var key: MailboxKey {
            switch self {
            case .message(let message): message.key
            case .announcement(let announcement, _): announcement.key
            }
        }

        /// Nil for parties of this site.
        var peer: String? {
            if case .announcement(_, let peer) = self { peer.name } else { nil }
        }

        /// Its payload in memory and its names.
        var byteCount: Int {
            let names = key.attempt.job.utf8.count + key.attempt.task.utf8.count + key.name.utf8.count
            let payload =
                switch self {
                case .message(let message): message.payload.memoryBytes
                case .announcement(let announcement, _):
                    if case .inline(let bytes) = announcement.content { bytes.count } else { 0 }
                }
            return names + key.tag.utf8.count + payload
        }

        /// Nil for a message of this site, whose key cannot come twice.
        fileprivate var digest: [UInt8]? {
            if case .announcement(let announcement, _) = self { announcement.digest } else { nil }
        }
    }

    private struct Entry {
        let arrival: Arrival
        let expires: ContinuousClock.Instant
    }

    private struct Load {
        var count = 0
        var byteCount = 0
    }

    private var entries: [MailboxOwner: [Entry]] = [:]
    /// By peer; nil for the own parties.
    private var loads: [String?: Load] = [:]

    /// - Throws: `limitExceeded`, with which the sender tries again later; `alreadyExists`.
    mutating func keep(
        _ arrival: Arrival, owner: MailboxOwner, now: ContinuousClock.Instant = .now
    ) throws(FederationError) {
        for entry in entries[owner] ?? [] where entry.arrival.key == arrival.key {
            guard entry.arrival.digest == arrival.digest else { throw Mailbox.doubled(arrival.key) }
            return
        }
        try book(arrival)
        entries[owner, default: []].append(
            Entry(arrival: arrival, expires: now + .seconds(MailboxLimits.earlySeconds)))
    }

    private mutating func book(_ arrival: Arrival) throws(FederationError) {
        var load = loads[arrival.peer] ?? Load()
        var (countLimit, byteLimit) = (MailboxLimits.earlyMessages, MailboxLimits.earlyBytes)
        if let peer = arrival.peer {
            let ofPeers = loads.filter { $0.key != nil }.values
            let isFull =
                ofPeers.reduce(0) { $0 + $1.count } >= countLimit
                || ofPeers.reduce(0) { $0 + $1.byteCount } + arrival.byteCount > byteLimit
            if isFull { throw Self.full("of all peers", peer) }
            (countLimit, byteLimit) = (MailboxLimits.earlyMessagesPerPeer, MailboxLimits.earlyBytesPerPeer)
        }
        guard load.count < countLimit, load.byteCount + arrival.byteCount <= byteLimit else {
            throw Self.full("of " + (arrival.peer ?? "this site"), arrival.peer)
        }
        load.count += 1
        load.byteCount += arrival.byteCount
        loads[arrival.peer] = load
    }

    private static func full(_ whose: String, _ peer: String?) -> FederationError {
        FederationError(.limitExceeded, "too many messages \(whose) wait for attempts that have not begun", peer: peer)
    }

    private mutating func giveBack(_ arrival: Arrival) {
        guard var load = loads[arrival.peer] else { return }
        load.count -= 1
        load.byteCount -= arrival.byteCount
        loads[arrival.peer] = load.count > 0 ? load : nil
    }

    /// What came for an attempt, in its order.
    mutating func take(_ owner: MailboxOwner) -> [Arrival] {
        let taken = (entries.removeValue(forKey: owner) ?? []).map(\.arrival)
        for arrival in taken { giveBack(arrival) }
        return taken
    }

    /// Forgets what waited too long, and tells which messages those were.
    mutating func expire(_ now: ContinuousClock.Instant = .now) -> [MailboxKey] {
        var gone: [MailboxKey] = []
        for (owner, waiting) in entries {
            let kept = waiting.filter { $0.expires > now }
            guard kept.count < waiting.count else { continue }
            for entry in waiting where entry.expires <= now {
                giveBack(entry.arrival)
                gone.append(entry.arrival.key)
            }
            entries[owner] = kept.isEmpty ? nil : kept
        }
        return gone
    }
}
