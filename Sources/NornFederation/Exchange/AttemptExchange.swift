/// The exchange as one attempt of one party sees it.
public struct AttemptExchange: Sendable {
    let mailboxes: Mailboxes
    public let attempt: AttemptName
    public let party: PartyAddress

    private var owner: MailboxOwner { MailboxOwner(attempt: attempt, party: party) }

    /// Returns when this site keeps the message for its receiver.
    /// - Throws: `alreadyExists` for a second one of the same name, tag and receiver; `noRoute`; `attemptEnded`;
    ///   `limitExceeded`.
    public func send(
        name: String, tag: String, to receiver: PartyAddress, payload: MailboxPayload, table: TableFrames? = nil
    ) async throws {
        let key = MailboxKey(attempt: attempt, name: name, tag: tag, from: party, to: receiver)
        try await mailboxes.send(MailboxMessage(key: key, payload: payload, table: table))
    }

    /// Announces interest; answers a ticket for `wait`, `take` and `drop`, at once.
    public func post(name: String, tag: String, from sender: PartyAddress) async throws -> Int {
        let key = MailboxKey(attempt: attempt, name: name, tag: tag, from: sender, to: party)
        return try await mailboxes.post(key, owner: owner)
    }

    /// Waits until one ticket, or each, can be taken or has failed, or until the time is over. Answers for each whether
    /// `take` will not have to wait.
    public func wait(_ tickets: [Int], needsAll: Bool, timeout: Duration? = nil) async throws -> [Bool] {
        try await mailboxes.wait(tickets, needsAll: needsAll, timeout: timeout, owner: owner)
    }

    /// Takes a message, once; waits when it is not here yet.
    /// - Throws: why it cannot come, `notFound` when it was taken, or `cancelled`.
    public func take(_ ticket: Int) async throws -> MailboxMessage { try await mailboxes.take(ticket, owner: owner) }

    public func drop(_ ticket: Int) async { await mailboxes.drop(ticket, owner: owner) }

    /// The end of the attempt, and so of its mailbox.
    public func close(succeeded: Bool) async {
        await mailboxes.close(attempt, party: party, succeeded: succeeded)
    }
}
