/// Messages for attempts that are not open here yet: the sender's site was faster. Kept a bounded time.
struct EarlyMessages {
    enum Arrival {
        case message(MailboxMessage)
        case announcement(Announcement, TrustedPeer)

        var byteCount: Int {
            switch self {
            case .message(let message): message.payload.memoryBytes
            case .announcement(let announcement, _):
                if case .inline(let bytes) = announcement.content { bytes.count } else { 0 }
            }
        }

        var identity: (MailboxKey, [UInt8]?) {
            switch self {
            case .message(let message): (message.key, nil)
            case .announcement(let announcement, _): (announcement.key, announcement.digest)
            }
        }
    }

    private struct Entry {
        let arrival: Arrival
        let expires: ContinuousClock.Instant
    }

    private var entries: [MailboxOwner: [Entry]] = [:]
    private var count = 0
    private var byteCount = 0

    /// - Throws: `limitExceeded`, with which the sender tries again later; `alreadyExists`.
    mutating func keep(
        _ arrival: Arrival, owner: MailboxOwner, now: ContinuousClock.Instant = .now
    ) throws(FederationError) {
        expire(now)
        for entry in entries[owner] ?? [] where entry.arrival.identity.0 == arrival.identity.0 {
            guard entry.arrival.identity.1 == arrival.identity.1 else {
                throw Mailbox.doubled(arrival.identity.0)
            }
            return
        }
        guard count < MailboxLimits.earlyMessages, byteCount + arrival.byteCount <= MailboxLimits.earlyBytes else {
            throw FederationError(.limitExceeded, "too many messages wait for attempts that have not begun")
        }
        count += 1
        byteCount += arrival.byteCount
        entries[owner, default: []].append(
            Entry(arrival: arrival, expires: now + .seconds(MailboxLimits.earlySeconds)))
    }

    /// What came for an attempt, in its order.
    mutating func take(_ owner: MailboxOwner, now: ContinuousClock.Instant = .now) -> [Arrival] {
        expire(now)
        let taken = entries.removeValue(forKey: owner) ?? []
        count -= taken.count
        byteCount -= taken.reduce(0) { $0 + $1.arrival.byteCount }
        return taken.map(\.arrival)
    }

    private mutating func expire(_ now: ContinuousClock.Instant) {
        for (owner, waiting) in entries {
            let kept = waiting.filter { $0.expires > now }
            guard kept.count < waiting.count else { continue }
            count -= waiting.count - kept.count
            byteCount -= waiting.reduce(0) { $0 + ($1.expires > now ? 0 : $1.arrival.byteCount) }
            entries[owner] = kept.isEmpty ? nil : kept
        }
    }
}

/// The attempts that ended last.
struct EndedAttempts {
    private var set: Set<MailboxOwner> = []
    private var ring: [MailboxOwner] = []
    private var next = 0

    func contains(_ owner: MailboxOwner) -> Bool { set.contains(owner) }

    mutating func insert(_ owner: MailboxOwner) {
        guard set.insert(owner).inserted else { return }
        if ring.count < MailboxLimits.endedAttempts {
            ring.append(owner)
        } else {
            set.remove(ring[next])
            ring[next] = owner
            next = (next + 1) % ring.count
        }
    }
}
