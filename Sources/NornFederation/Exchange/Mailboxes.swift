import Crypto
import Foundation
import Logging
import NIOCore

/// The exchange of a site: messages between parties by key, each delivered once to the attempt that it was sent to, or
/// never. Parties of one site use no network and copy nothing.
public actor Mailboxes {
    let directory: PartyDirectory
    let logger: Logger
    let outbox: Outbox?
    let client: PeerClient?
    private var boxes: [MailboxOwner: Mailbox] = [:]
    private var early = EarlyMessages()
    private var budget: PayloadBudget
    private var ended = EndedAttempts()
    private var waiters: [MailboxOwner: [Int: Waiter]] = [:]
    /// For tests.
    var hasWaiters: Bool { waiters.values.contains { !$0.isEmpty } }
    private var nextWaiter = 0
    private var pulls: [MailboxKey: Task<Void, Never>] = [:]
    private var waitingPulls: ArraySlice<PayloadPull> = []

    private struct Waiter {
        let tickets: [Int]
        let needsAll: Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    /// - Parameter client: nil for a site that has no peers.
    public init(directory: PartyDirectory, client: PeerClient? = nil, logger: Logger) {
        self.init(directory: directory, client: client, limits: PayloadBudget.Limits(), logger: logger)
    }

    init(directory: PartyDirectory, client: PeerClient?, limits: PayloadBudget.Limits, logger: Logger) {
        budget = PayloadBudget(limits)
        self.directory = directory
        self.client = client
        self.logger = logger
        outbox = client.map { Outbox(client: $0, logger: logger) }
    }

    // MARK: The life of a mailbox

    /// Opens the mailbox of an attempt at a party of this site, before its worker starts.
    /// - Parameter folder: for payloads that are not kept in memory; files there have no names and are gone with the
    ///   mailbox.
    /// - Parameter parties: those of the attempt's job; what others send is refused.
    public func open(
        _ attempt: AttemptName, party: PartyAddress, folder: String, parties: Set<PartyAddress>
    ) async throws -> AttemptExchange {
        let owner = MailboxOwner(attempt: attempt, party: party)
        guard boxes[owner] == nil, !ended.contains(owner) else {
            throw FederationError(
                .alreadyExists, "\(attempt) of \(party) was opened before", party: party.description)
        }
        boxes[owner] = Mailbox(owner: owner, folder: folder, parties: parties)
        forgetExpired()
        for arrival in early.take(owner) {
            do {
                try await deliver(arrival, to: owner)
            } catch {
                budget.release(arrival.key)
                logger.warning(
                    "an early message was refused", metadata: ["message": "\(arrival.key)", "error": "\(error)"])
            }
        }
        return AttemptExchange(mailboxes: self, attempt: attempt, party: party)
    }

    /// Delivers what came before the attempt was open. Its sender may have lost our trust meanwhile.
    private func deliver(_ arrival: EarlyMessages.Arrival, to owner: MailboxOwner) async throws {
        switch arrival {
        case .message(let message): try place(message, in: owner)
        case .announcement(let announcement, let peer):
            let party = announcement.key.from
            guard let now = directory.trust?.peer(name: peer.name), !Set(now.pins).isDisjoint(with: peer.pins) else {
                throw FederationError(.untrustedPeer, "\(peer.name) is no longer trusted", peer: peer.name)
            }
            guard now.parties.contains(party.id) else {
                throw FederationError(
                    .foreignParty, "\(peer.name) speaks no longer for party \(party.id)", party: party.description,
                    peer: peer.name)
            }
            if try await !arrive(announcement, from: now) { budget.release(announcement.key) }
        }
    }

    private func forgetExpired() {
        for key in early.expire() { budget.release(key) }
    }

    /// Ends a mailbox: what it holds is gone, later messages for it are refused. What it sent and nobody has fetched
    /// yet is kept only when the attempt succeeded, for `MailboxLimits.lingerSeconds` at most.
    public func close(_ attempt: AttemptName, party: PartyAddress, succeeded: Bool) async {
        let owner = MailboxOwner(attempt: attempt, party: party)
        ended.insert(owner)
        _ = early.take(owner)
        budget.release(owner)
        if let box = boxes.removeValue(forKey: owner) {
            for (key, slot) in box.slots {
                if case .coming = slot { pulls.removeValue(forKey: key)?.cancel() }
            }
            startPulls()
        }
        for waiter in (waiters.removeValue(forKey: owner) ?? [:]).values { waiter.continuation.resume() }
        await outbox?.end(owner, keepsPayloads: succeeded)
    }

    /// What this site holds for attempts: nothing when no attempt lives and every job has ended.
    public struct Load: Equatable, Sendable {
        /// Attempts of this site's parties that are open.
        public var mailboxes = 0
        /// Messages for other sites that those have not fetched yet.
        public var messagesKept = 0
    }

    public var load: Load {
        get async { Load(mailboxes: boxes.count, messagesKept: await outbox?.messagesKept ?? 0) }
    }

    /// Forgets all that a job sent: no party of it needs it any more.
    public func forget(job: String) async { await outbox?.forget(job: job) }

    // MARK: What components do

    func send(_ message: MailboxMessage) async throws {
        let key = message.key
        let owner = MailboxOwner(attempt: key.attempt, party: key.from)
        try Self.check(key, byteCount: message.payload.byteCount)
        let route = try directory.route(to: key.to)
        guard let folder = boxes[owner]?.folder else { throw Self.hasEnded(owner) }
        try boxes[owner]?.book(sending: key)
        switch route {
        case .local: try await deliverHere(message)
        case .peer(let peer):
            guard let outbox else { throw Self.noNetwork(key.to) }
            try await outbox.accept(message, owner: owner, folder: folder, peer: peer)
        }
    }

    func post(_ key: MailboxKey, owner: MailboxOwner) throws -> Int {
        guard boxes[owner] != nil else { throw Self.hasEnded(owner) }
        if case .peer = try directory.route(to: key.from), client == nil { throw Self.noNetwork(key.from) }
        return try boxes[owner]?.ticket(for: key) ?? 0
    }

    func wait(_ tickets: [Int], needsAll: Bool, timeout: Duration?, owner: MailboxOwner) async throws -> [Bool] {
        guard !isDecided(try decided(tickets, owner: owner), needsAll: needsAll) else {
            return try decided(tickets, owner: owner)
        }
        nextWaiter += 1
        let number = nextWaiter
        let alarm = timeout.map { timeout in
            Task {
                try? await Task.sleep(for: timeout)
                self.wake(number, owner: owner)
            }
        }
        defer { alarm?.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume()
                } else {
                    waiters[owner, default: [:]][number] = Waiter(
                        tickets: tickets, needsAll: needsAll, continuation: continuation)
                }
            }
        } onCancel: {
            Task { await self.wake(number, owner: owner) }
        }
        if Task.isCancelled { throw FederationError(.cancelled, "the wait was cancelled") }
        return try decided(tickets, owner: owner)
    }

    func take(_ ticket: Int, owner: MailboxOwner) async throws -> MailboxMessage {
        if boxes[owner]?.mayStillCome(ticket) == true {
            _ = try await wait([ticket], needsAll: true, timeout: nil, owner: owner)
        }
        guard let message = try boxes[owner]?.take(ticket) else { throw Self.hasEnded(owner) }
        budget.release(message.key)
        return message
    }

    func drop(_ ticket: Int, owner: MailboxOwner) { boxes[owner]?.drop(ticket) }

    // MARK: What peers do

    /// Takes an announcement of a peer whose right to speak for the sender was checked.
    func receive(_ announcement: Announcement, from peer: TrustedPeer) async throws {
        let owner = MailboxOwner(attempt: announcement.key.attempt, party: announcement.key.to)
        guard directory.isLocal(announcement.key.to) else {
            throw FederationError(
                .notServed, "party \(owner.party.id) is not served here", party: owner.party.description)
        }
        try Self.check(announcement.key, byteCount: announcement.byteCount)
        if boxes[owner] == nil {
            guard !ended.contains(owner) else { throw Self.hasEnded(owner) }
            forgetExpired()
        }
        let isBooked = try book(announcement, from: peer)
        do {
            if boxes[owner] == nil {
                try early.keep(.announcement(announcement, peer), owner: owner)
            } else if try await !arrive(announcement, from: peer), isBooked {
                budget.release(announcement.key)
            }
        } catch {
            if isBooked { budget.release(announcement.key) }
            throw error
        }
    }

    /// Books the disk of a payload that will have to be pulled; false when nothing new was booked.
    private func book(_ announcement: Announcement, from peer: TrustedPeer) throws -> Bool {
        guard case .pulled = announcement.content else { return false }
        let owner = MailboxOwner(attempt: announcement.key.attempt, party: announcement.key.to)
        return try budget.book(
            announcement.key, peer: peer.name, byteCount: announcement.byteCount,
            isWanted: boxes[owner]?.isWanted(announcement.key) == true, folder: boxes[owner]?.folder)
    }

    /// False when it came before.
    private func arrive(_ announcement: Announcement, from peer: TrustedPeer) async throws -> Bool {
        let key = announcement.key
        let owner = MailboxOwner(attempt: key.attempt, party: key.to)
        guard let folder = boxes[owner]?.folder else { throw Self.hasEnded(owner) }
        var spools = false
        if case .inline(let bytes) = announcement.content {
            spools = try boxes[owner]?.spools(key, byteCount: bytes.count) == true
        }
        guard try boxes[owner]?.admit(key, digest: announcement.digest) == true else { return false }
        switch announcement.content {
        case .inline(let bytes):
            let payload = spools ? await Self.spooled(bytes, folder: folder) : .success(.bytes(bytes))
            settle(key, owner, payload.map { MailboxMessage(key: key, payload: $0, table: announcement.table) })
        case .pulled(let id):
            guard let client else { throw Self.noNetwork(key.from) }
            let pull = PayloadPull(
                client: client, peer: peer, id: id, announcement: announcement, folder: folder, logger: logger)
            waitingPulls.append(pull)
            startPulls()
        }
        return true
    }

    private static func spooled(_ bytes: [UInt8], folder: String) async -> Result<MailboxPayload, FederationError> {
        do {
            let file = try SpoolFile(folder: folder, byteCount: bytes.count)
            try await file.write(ByteBuffer(bytes: bytes), at: 0)
            return .success(.file(file))
        } catch {
            return .failure(error as? FederationError ?? FederationError(.internal, "a message cannot be kept"))
        }
    }

    private func startPulls() {
        while pulls.count < MailboxLimits.pulls, let pull = waitingPulls.popFirst() {
            let key = pull.announcement.key
            let owner = MailboxOwner(attempt: key.attempt, party: key.to)
            guard boxes[owner] != nil else { continue }
            pulls[key] = Task {
                let result = await pull.run()
                self.settle(key, owner, result)
                await pull.acknowledge(result)
            }
        }
    }

    // MARK: Inside

    private static func check(_ key: MailboxKey, byteCount: Int) throws(FederationError) {
        guard byteCount <= MailboxLimits.messageBytes else {
            throw FederationError(.limitExceeded, "a message of \(byteCount) bytes is too large")
        }
        guard key.name.utf8.count <= MailboxLimits.nameBytes, key.tag.utf8.count <= MailboxLimits.nameBytes else {
            throw FederationError(
                .invalidRequest, "a message's name and tag have at most \(MailboxLimits.nameBytes) bytes each")
        }
    }

    private func deliverHere(_ message: MailboxMessage) async throws {
        let owner = MailboxOwner(attempt: message.key.attempt, party: message.key.to)
        guard let (folder, memoryBytes) = boxes[owner].map({ ($0.folder, $0.memoryBytes) }) else {
            // Late: the receiver's attempt is over, so this one soon will be.
            if !ended.contains(owner) { try early.keep(.message(message), owner: owner) }
            return
        }
        var message = message
        if case .file(let file) = message.payload, file.isMemory,
            memoryBytes + file.byteCount > MailboxLimits.memoryBytesPerAttempt
        {
            message.payload = .file(try await SpoolFile.copy(of: file, folder: folder))
        }
        guard boxes[owner] != nil else { return }
        try place(message, in: owner)
    }

    private func place(_ message: MailboxMessage, in owner: MailboxOwner) throws {
        // A party of this site cannot send a key twice, so its content needs no digest.
        guard try boxes[owner]?.admit(message.key, digest: []) == true else { return }
        boxes[owner]?.settle(message.key, .success(message))
        wakeDecided(owner)
    }

    private func settle(
        _ key: MailboxKey, _ owner: MailboxOwner, _ result: Result<MailboxMessage, FederationError>
    ) {
        if pulls.removeValue(forKey: key) != nil { startPulls() }
        if case .failure = result { budget.release(key) }
        boxes[owner]?.settle(key, result)
        wakeDecided(owner)
    }

    private func decided(_ tickets: [Int], owner: MailboxOwner) throws -> [Bool] {
        guard let box = boxes[owner] else { throw Self.hasEnded(owner) }
        return try tickets.map { try box.isDecided($0) }
    }

    private func isDecided(_ done: [Bool], needsAll: Bool) -> Bool {
        done.isEmpty || (needsAll ? done.allSatisfy { $0 } : done.contains(true))
    }

    private func wakeDecided(_ owner: MailboxOwner) {
        for (number, waiter) in waiters[owner] ?? [:] {
            let done = try? decided(waiter.tickets, owner: owner)
            if done == nil || isDecided(done ?? [], needsAll: waiter.needsAll) { wake(number, owner: owner) }
        }
    }

    private func wake(_ number: Int, owner: MailboxOwner) {
        waiters[owner]?.removeValue(forKey: number)?.continuation.resume()
    }

    private static func hasEnded(_ owner: MailboxOwner) -> FederationError {
        FederationError(
            .attemptEnded, "\(owner.attempt) has ended at \(owner.party)", party: owner.party.description)
    }

    private static func noNetwork(_ party: PartyAddress) -> FederationError {
        FederationError(
            .noRoute, "\(party) is at another site and this one has no key: run `norn site init`",
            party: party.description)
    }
}
