import Crypto
import Foundation
import Logging
import NIOCore
import NIOHTTP1

/// What this site's attempts have sent to other sites and those have not fetched yet.
actor Outbox {
    /// Announcements on their way to one peer at the same time.
    static let announcementsPerPeer = 16

    private struct Kept {
        let owner: MailboxOwner
        let peerName: String
        let file: any PayloadDescriptor
    }

    private struct Queue {
        var waiting: ArraySlice<(owner: MailboxOwner, announcement: Announcement)> = []
        var running = 0

        /// The next one that may go, oldest first.
        mutating func next() -> (owner: MailboxOwner, announcement: Announcement)? {
            guard running < Outbox.announcementsPerPeer, let first = waiting.popFirst() else { return nil }
            running += 1
            return first
        }
    }

    private let client: PeerClient
    private let logger: Logger
    private var payloads: [String: Kept] = [:]
    private var queues: [String: Queue] = [:]
    private var tasks: [MailboxOwner: [Int: Task<Void, Never>]] = [:]
    private var nextTask = 0

    init(client: PeerClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    /// Payloads that wait to be fetched, and messages that wait to be announced.
    var messagesKept: Int {
        payloads.count + queues.values.reduce(0) { $0 + $1.waiting.count + $1.running }
    }

    /// Keeps a message for a party of another site and announces it there until that site has it.
    func accept(_ message: MailboxMessage, owner: MailboxOwner, folder: String, peer: TrustedPeer) async throws {
        let content: Announcement.Content
        let digest: [UInt8]
        switch try await Self.spooled(message.payload, folder: folder) {
        case .bytes(let bytes):
            content = .inline(bytes)
            digest = Array(SHA256.hash(data: bytes))
        case .file(let file):
            let id = PayloadID.make()
            digest = try await file.digest()
            payloads[id] = Kept(owner: owner, peerName: peer.name, file: file)
            content = .pulled(id: id)
        }
        let announcement = Announcement(
            key: message.key, content: content, byteCount: message.payload.byteCount, digest: digest,
            table: message.table)
        queues[peer.name, default: Queue()].waiting.append((owner, announcement))
        pump(peer)
    }

    /// Small payloads in memory, large ones in a file.
    private static func spooled(_ payload: MailboxPayload, folder: String) async throws -> MailboxPayload {
        switch payload {
        case .bytes(let bytes) where bytes.count > PeerProtocol.inlineBytesLimit:
            let file = try SpoolFile(folder: folder, byteCount: bytes.count)
            try await file.write(.init(bytes: bytes), at: 0)
            return .file(file)
        case .file(let file) where file.byteCount <= PeerProtocol.inlineBytesLimit && file.byteCount > 0:
            return .bytes(Array(buffer: try await file.read(from: 0)))
        case .file(let file) where file.byteCount == 0: return .bytes([])
        case .file(let file) where file.isMemory: return .file(try await SpoolFile.copy(of: file, folder: folder))
        default: return payload
        }
    }

    private func pump(_ peer: TrustedPeer) {
        while let next = queues[peer.name]?.next() {
            nextTask += 1
            let number = nextTask
            tasks[next.owner, default: [:]][number] = Task {
                await self.announce(next.announcement, to: peer)
                self.finish(number, owner: next.owner, peer: peer)
            }
        }
    }

    private func finish(_ number: Int, owner: MailboxOwner, peer: TrustedPeer) {
        tasks[owner]?[number] = nil
        if tasks[owner]?.isEmpty == true { tasks[owner] = nil }
        queues[peer.name]?.running -= 1
        pump(peer)
    }

    /// Tries until the peer has the announcement or will never take it.
    private func announce(_ announcement: Announcement, to peer: TrustedPeer) async {
        var pause = GrowingPause()
        let body = announcement.encoded
        while !Task.isCancelled {
            do {
                _ = try await client.call(.POST, "/peer/1/exchange", peer: peer, body: body)
                return
            } catch let error as FederationError where !error.isRetryable {
                if error.code == .cancelled { return }
                logger.warning(
                    "a message was refused", metadata: ["message": "\(announcement.key)", "error": "\(error)"])
                if case .pulled(let id) = announcement.content { payloads[id] = nil }
                return
            } catch {
                logger.debug("a message has to wait", metadata: ["peer": "\(peer.name)", "error": "\(error)"])
                try? await Task.sleep(for: pause.next())
            }
        }
    }

    /// A payload for the peer that it was announced to.
    /// - Throws: `notFound`, for others as for ids that there are not.
    func payload(_ id: String, for peer: TrustedPeer) throws(FederationError) -> any PayloadDescriptor {
        guard let kept = payloads[id], kept.peerName == peer.name else {
            throw FederationError(.notFound, "there is no such payload, or its attempt has ended")
        }
        return kept.file
    }

    /// The receiver has it.
    func acknowledge(_ id: String, by peer: TrustedPeer) {
        if payloads[id]?.peerName == peer.name { payloads[id] = nil }
    }

    /// The sender's attempt ended: what it sent is dropped at once, or kept a while for its receivers.
    func end(_ owner: MailboxOwner, keepsPayloads: Bool) {
        guard keepsPayloads else { return drop(owner) }
        Task {
            try? await Task.sleep(for: .seconds(MailboxLimits.lingerSeconds))
            self.drop(owner)
        }
    }

    func forget(job: String) {
        let owners = Set(tasks.keys).union(payloads.values.map(\.owner))
            .union(queues.values.flatMap { $0.waiting.map(\.owner) })
        for owner in owners where owner.attempt.job == job { drop(owner) }
    }

    private func drop(_ owner: MailboxOwner) {
        for name in queues.keys { queues[name]?.waiting.removeAll { $0.owner == owner } }
        payloads = payloads.filter { $0.value.owner != owner }
        for task in (tasks[owner] ?? [:]).values { task.cancel() }
    }
}
