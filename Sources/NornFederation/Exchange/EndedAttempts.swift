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
