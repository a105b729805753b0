import AsyncHTTPClient
import Crypto
import Foundation
import Logging
import NIOCore
import NIOHTTP1

/// Fetches one payload from the sender's site, from where the last try was cut.
struct PayloadPull: Sendable {
    /// Tries without a single byte, one after the other, before the message counts as lost. Each byte starts anew.
    static let fruitlessTriesLimit = 30
    static let acknowledgeTries = 5

    let client: PeerClient
    let peer: TrustedPeer
    let id: String
    let announcement: Announcement
    let folder: String
    let logger: Logger

    private var path: String { "/peer/1/payloads/" + id }

    func run() async -> Result<MailboxMessage, FederationError> {
        do {
            let file = try SpoolFile(folder: folder, byteCount: announcement.byteCount)
            try await fill(file)
            return .success(MailboxMessage(key: announcement.key, payload: .file(file), table: announcement.table))
        } catch let error as FederationError {
            return .failure(error)
        } catch {
            return .failure(PeerClient.unreachable(error, peer: peer))
        }
    }

    /// Tells the sender's site that it need not keep the payload any longer, whatever became of it here.
    func acknowledge(_ result: Result<MailboxMessage, FederationError>) async {
        var pause = GrowingPause()
        for _ in 0..<Self.acknowledgeTries where !Task.isCancelled {
            do {
                _ = try await client.call(.DELETE, path, peer: peer)
                return
            } catch let error as FederationError where !error.isRetryable {
                return
            } catch {
                try? await Task.sleep(for: pause.next())
            }
        }
    }

    private func fill(_ file: SpoolFile) async throws {
        var hash = SHA256()
        var offset = 0
        var fruitless = 0
        var pause = GrowingPause()
        while offset < announcement.byteCount {
            let before = offset
            do {
                try await stream(into: file, offset: &offset, hash: &hash)
            } catch let error as FederationError where !error.isRetryable {
                throw error
            } catch {
                try Task.checkCancellation()
                fruitless = offset > before ? 0 : fruitless + 1
                if offset > before { pause = GrowingPause() }
                guard fruitless < Self.fruitlessTriesLimit else { throw error }
                logger.debug("a payload was cut", metadata: ["peer": "\(peer.name)", "offset": "\(offset)"])
                try await Task.sleep(for: pause.next())
            }
        }
        guard Array(hash.finalize()) == announcement.digest else {
            throw FederationError(
                .dataLoss, "\(announcement.key) is not what was announced: its sender changed it, or the way did",
                peer: peer.name)
        }
    }

    private func stream(into file: SpoolFile, offset: inout Int, hash: inout SHA256) async throws {
        let body = try await client.pull(path, from: offset, peer: peer)
        var piece = ByteBuffer()
        do {
            for try await part in body {
                guard offset + piece.readableBytes + part.readableBytes <= announcement.byteCount else {
                    throw FederationError(.dataLoss, "\(announcement.key) is longer than announced", peer: peer.name)
                }
                piece.writeImmutableBuffer(part)
                if piece.readableBytes >= PeerProtocol.pieceBytes {
                    try await write(&piece, into: file, offset: &offset, hash: &hash)
                }
            }
        } catch {
            // What came before the cut counts.
            try await write(&piece, into: file, offset: &offset, hash: &hash)
            throw PeerClient.unreachable(error, peer: peer)
        }
        try await write(&piece, into: file, offset: &offset, hash: &hash)
        guard offset == announcement.byteCount else {
            throw FederationError(.unreachable, "\(peer.name) ended a payload early", peer: peer.name)
        }
    }

    private func write(
        _ piece: inout ByteBuffer, into file: SpoolFile, offset: inout Int, hash: inout SHA256
    ) async throws {
        guard piece.readableBytes > 0 else { return }
        guard client.trusts(peer) else {
            throw FederationError(.untrustedPeer, "\(peer.name) is no longer trusted", peer: peer.name)
        }
        piece.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        try await file.write(piece, at: offset)
        offset += piece.readableBytes
        piece.clear()
    }
}
