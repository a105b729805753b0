/// The limits of what one attempt may leave unread, and of what waits for an attempt to open.
public enum MailboxLimits {
    /// Messages that one party may get, or send, in one attempt.
    public static let messagesPerAttempt = 200_000
    /// Bytes in memory that wait in one mailbox; what comes beyond is kept in files.
    public static let memoryBytesPerAttempt = 64 * 1024 * 1024
    /// Small messages of peers kept in files, beyond the memory, before anybody asked for them: each holds a descriptor.
    public static let spooledPerAttempt = 256
    /// Bytes of one message.
    public static let messageBytes = 64 * 1024 * 1024 * 1024
    /// Bytes of payloads on disk that peers have announced and no component has taken yet: of one peer, and of all.
    public static let payloadBytesPerPeer = messageBytes
    public static let payloadBytes = 4 * messageBytes
    /// What a payload that is announced leaves free on the disk.
    public static let freeBytesKept = 64 * 1024 * 1024
    /// Payloads that are pulled at the same time; each holds a slice in memory.
    public static let pulls = 16
    public static let ticketsPerAttempt = 200_000
    /// Messages for attempts that are not open here yet, with the bytes that they hold and how long they are kept.
    public static let earlyMessages = 4096
    public static let earlyBytes = 64 * 1024 * 1024
    /// The part of one peer in them.
    public static let earlyMessagesPerPeer = 1024
    public static let earlyBytesPerPeer = 16 * 1024 * 1024
    public static let earlySeconds = 120
    /// Attempts remembered as ended, so that their late messages are refused.
    public static let endedAttempts = 16_384
    /// What an attempt that succeeded has sent is kept for slow receivers this long.
    public static let lingerSeconds = 3600
    public static let nameBytes = 512
}

/// An attempt at a party that this site serves.
struct MailboxOwner: Hashable, Sendable {
    let attempt: AttemptName
    let party: PartyAddress
}

/// Where one attempt of one party finds what was sent to it. A value, changed by `Mailboxes` alone.
struct Mailbox {
    enum Slot {
        case ready(MailboxMessage)
        /// Announced; its bytes are on their way.
        case coming
        case failed(FederationError)
        case taken

        var isDecided: Bool {
            switch self {
            case .ready, .failed: true
            case .coming, .taken: false
            }
        }
    }

    let owner: MailboxOwner
    /// For payloads that are not kept in memory.
    let folder: String
    /// The only ones who may send here.
    private let parties: Set<PartyAddress>
    private(set) var slots: [MailboxKey: Slot] = [:]
    /// What arrived under a key, so that the same announcement twice is one message and another one is refused.
    private var digests: [MailboxKey: [UInt8]] = [:]
    private var tickets: [Int: MailboxKey] = [:]
    private var nextTicket = 1
    private(set) var memoryBytes = 0
    private var sent: Set<MailboxKey> = []
    /// How many tickets there are for a key.
    private var posted: [MailboxKey: Int] = [:]
    private var spooled: Set<MailboxKey> = []

    init(owner: MailboxOwner, folder: String, parties: Set<PartyAddress>) {
        self.owner = owner
        self.folder = folder
        self.parties = parties
    }

    /// Books what the attempt itself sends.
    /// - Throws: `alreadyExists`, `limitExceeded`.
    mutating func book(sending key: MailboxKey) throws(FederationError) {
        guard sent.count < MailboxLimits.messagesPerAttempt else {
            throw FederationError(
                .limitExceeded, "\(owner.party) sent more than \(MailboxLimits.messagesPerAttempt) messages")
        }
        guard sent.insert(key).inserted else { throw Self.doubled(key) }
    }

    /// Books an arrival; false when the same one came before.
    /// - Throws: `foreignParty` for a sender that is no party of the attempt; `alreadyExists`, `limitExceeded`.
    mutating func admit(_ key: MailboxKey, digest: [UInt8]) throws(FederationError) -> Bool {
        try checkSender(key)
        if let known = digests[key] {
            guard known == digest else { throw Self.doubled(key) }
            return false
        }
        guard digests.count < MailboxLimits.messagesPerAttempt else {
            throw FederationError(
                .limitExceeded, "\(owner.party) got more than \(MailboxLimits.messagesPerAttempt) messages")
        }
        digests[key] = digest
        slots[key] = .coming
        return true
    }

    private func checkSender(_ key: MailboxKey) throws(FederationError) {
        guard parties.contains(key.from) else {
            throw FederationError(
                .foreignParty, "\(key.from) is no party of \(owner.attempt)", party: key.from.description)
        }
    }

    /// Whether a small message of a peer has to be kept in a file, which is booked.
    /// - Throws: `foreignParty`; `limitExceeded`, with which its sender tries again, until somebody asks for it.
    mutating func spools(_ key: MailboxKey, byteCount: Int) throws(FederationError) -> Bool {
        try checkSender(key)
        guard digests[key] == nil, memoryBytes + byteCount > MailboxLimits.memoryBytesPerAttempt else { return false }
        guard spooled.count < MailboxLimits.spooledPerAttempt || posted[key] != nil else {
            throw FederationError(.limitExceeded, "too many messages wait unread at \(owner.party)")
        }
        spooled.insert(key)
        return true
    }

    mutating func settle(_ key: MailboxKey, _ result: Result<MailboxMessage, FederationError>) {
        switch result {
        case .success(let message):
            memoryBytes += message.payload.memoryBytes
            slots[key] = .ready(message)
        case .failure(let error):
            spooled.remove(key)
            slots[key] = .failed(error)
        }
    }

    /// - Throws: `limitExceeded`.
    mutating func ticket(for key: MailboxKey) throws(FederationError) -> Int {
        guard tickets.count < MailboxLimits.ticketsPerAttempt else {
            throw FederationError(.limitExceeded, "\(owner.party) waits for more than a mailbox can hold")
        }
        defer { nextTicket += 1 }
        tickets[nextTicket] = key
        posted[key, default: 0] += 1
        return nextTicket
    }

    mutating func drop(_ ticket: Int) {
        guard let key = tickets.removeValue(forKey: ticket), let count = posted[key] else { return }
        posted[key] = count > 1 ? count - 1 : nil
    }

    /// Whether somebody here waits for a message.
    func isWanted(_ key: MailboxKey) -> Bool { posted[key] != nil }

    /// - Throws: `notFound` for a ticket that there is not.
    func isDecided(_ ticket: Int) throws(FederationError) -> Bool {
        guard let key = tickets[ticket] else {
            throw FederationError(.notFound, "there is no ticket \(ticket), or no longer")
        }
        return slots[key]?.isDecided ?? false
    }

    /// False for what is here, has failed, was taken or was never asked for.
    func mayStillCome(_ ticket: Int) -> Bool {
        guard let key = tickets[ticket] else { return false }
        switch slots[key] {
        case .coming, nil: return true
        case .ready, .failed, .taken: return false
        }
    }

    /// Gives a message away, once.
    mutating func take(_ ticket: Int) throws(FederationError) -> MailboxMessage {
        guard let key = tickets[ticket] else {
            throw FederationError(.notFound, "there is no ticket \(ticket), or no longer")
        }
        switch slots[key] {
        case .ready(let message):
            drop(ticket)
            spooled.remove(key)
            slots[key] = .taken
            memoryBytes -= message.payload.memoryBytes
            return message
        case .failed(let error): throw error
        case .taken: throw FederationError(.notFound, "\(key) was taken already")
        case .coming, nil: throw FederationError(.notFound, "\(key) is not here yet")
        }
    }

    static func doubled(_ key: MailboxKey) -> FederationError {
        FederationError(.alreadyExists, "\(key) was sent already: give the second one another tag")
    }
}

extension MailboxPayload {
    var memoryBytes: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .file(let file): file.isMemory ? file.byteCount : 0
        }
    }
}
