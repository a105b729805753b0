import Crypto

/// Which messages of which peers were handled, so that one that is sent again is only acknowledged again.
actor MessageLedger {
    /// Messages remembered; beyond it the oldest is forgotten, and the inbox sees a doubled one again.
    static let rememberedLimit = 65_536

    private struct Key: Hashable {
        let peer: String
        let id: String
    }

    private enum Entry {
        case running(SHA256.Digest, Task<Void, any Error>)
        case done(SHA256.Digest)

        var digest: SHA256.Digest {
            switch self {
            case .running(let digest, _), .done(let digest): digest
            }
        }
    }

    private let inbox: any PeerInbox
    private var entries: [Key: Entry] = [:]
    private var order: [Key] = []
    private var oldest = 0

    init(inbox: any PeerInbox) { self.inbox = inbox }

    /// Returns when the message was handled, by this call or an earlier one.
    /// - Throws: `alreadyExists` when the id came with another content; what the inbox throws.
    func receive(_ message: PeerMessage, bytes: [UInt8], from peer: TrustedPeer) async throws {
        let key = Key(peer: peer.name, id: message.id)
        let digest = SHA256.hash(data: bytes)
        if let entry = entries[key] {
            guard entry.digest == digest else {
                throw FederationError(
                    .alreadyExists, "message \(message.id) came before with another content", peer: peer.name)
            }
            if case .running(_, let task) = entry { try await task.value }
            return
        }
        let inbox = inbox
        // Not a child of the request: a caller that hangs up must not undo half of it.
        let task = Task { try await inbox.receive(message, from: peer) }
        entries[key] = .running(digest, task)
        do {
            try await task.value
            entries[key] = .done(digest)
            remember(key)
        } catch {
            entries[key] = nil
            throw error
        }
    }

    private func remember(_ key: Key) {
        order.append(key)
        while order.count - oldest > Self.rememberedLimit {
            entries[order[oldest]] = nil
            oldest += 1
        }
        if oldest > Self.rememberedLimit {
            order.removeFirst(oldest)
            oldest = 0
        }
    }
}
