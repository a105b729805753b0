import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization

/// Answers other sites on their own port: mutual TLS only, a trusted key only, and for its own party ids only.
public final class PeerServer: Service {
    /// Connections of all peers together.
    public static let connectionsLimit = 1024
    static let idleConnectionSeconds = 300
    /// What open requests get at a graceful shutdown.
    static let drainSeconds = 5

    private let verification: PeerVerification
    private let trust: PeerTrust
    private let siteName: String
    private let versions: PeerVersions
    private let mailboxes: Mailboxes
    private let ledger: MessageLedger
    private let directory: PartyDirectory
    private let addresses: [(host: String, port: Int)]
    private let logger: Logger
    private let notice: PeerNoticeSink
    private let heard: @Sendable (String) -> Void
    private let bound = Mutex<[Int]>([])
    private let met = Mutex(0)

    /// - Parameter addresses: where to listen, IPv4 or IPv6; port 0 takes a free one.
    /// - Parameter heard: told the peer's name at each of its requests; must not block.
    public init(
        identity: SiteIdentity, trust: PeerTrust, directory: PartyDirectory, mailboxes: Mailboxes,
        inbox: any PeerInbox, addresses: [(host: String, port: Int)], versions: PeerVersions = PeerVersions(),
        logger: Logger, notice: @escaping PeerNoticeSink = { _ in },
        heard: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        verification = PeerVerification(identity: identity, trust: trust, notice: notice)
        self.trust = trust
        siteName = identity.certificate.siteName
        self.versions = versions
        self.directory = directory
        self.mailboxes = mailboxes
        ledger = MessageLedger(inbox: inbox)
        self.addresses = addresses
        self.logger = logger
        self.notice = notice
        self.heard = heard
    }

    /// The ports that are open now.
    public var ports: [Int] { bound.withLock { $0 } }

    /// Handshakes since the start.
    public var handshakes: Int { met.withLock { $0 } }

    /// Serves until its service group shuts down.
    public func run() async throws {
        let applications = try addresses.map { try application(host: $0.host, port: $0.port) }
        let group = ServiceGroup(configuration: .init(services: applications, logger: logger))
        try await group.run()
    }

    private func application(host: String, port: Int) throws -> some ApplicationProtocol {
        let tls = HummingbirdHTTP2.TLSChannelConfiguration(
            tlsConfiguration: verification.serverConfiguration(),
            customVerificationCallback: { [verification] in verification.verifyClient($0, $1) })
        let server = try HTTPServerBuilder.http2Upgrade(
            tlsChannelConfiguration: tls,
            configuration: .init(
                idleTimeout: .seconds(Self.idleConnectionSeconds),
                gracefulCloseTimeout: .seconds(Self.drainSeconds)))
        return Application(
            router: router(), server: server,
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connectionsLimit)),
            onServerRunning: { [self] channel in
                if let port = channel.localAddress?.port { bound.withLock { $0.append(port) } }
            }, logger: logger)
    }

    private func router() -> Router<PeerContext> {
        let router = Router(context: PeerContext.self)
        router.add(middleware: PeerAuthentication(trust: trust, versions: versions, notice: notice, heard: heard))
        let routes = router.group("peer/1")
        routes.post("hello") { [self] request, context in try await hello(request, try context.peer) }
        routes.post("messages") { [self] request, context in try await message(request, try context.peer) }
        routes.post("batch") { [self] request, context in try await batch(request, try context.peer) }
        routes.post("exchange") { [self] request, context in try await exchange(request, try context.peer) }
        routes.get("payloads/:id") { [self] request, context in
            try await payload(context.parameters.get("id") ?? "", request, try context.peer)
        }
        routes.delete("payloads/:id") { [self] _, context in
            await mailboxes.outbox?.acknowledge(context.parameters.get("id") ?? "", by: try context.peer)
            return try jsonResponse([String: String]())
        }
        return router
    }

    private func hello(_ request: Request, _ peer: TrustedPeer) async throws -> Response {
        let body = try await request.body.collect(upTo: PeerProtocol.helloBytesLimit)
        let now = Date()
        guard let hello = try? JSONDecoder().decode(PeerHello.self, from: Data(Array(buffer: body))) else {
            throw FederationError(.invalidRequest, "the body is not a handshake", peer: peer.name)
        }
        let common = try versions.common(with: hello, peer: peer.name)
        mailboxes.client?.note(common, for: peer)
        ClockSkew.report(
            hello, receivedMilliseconds: Int64(now.timeIntervalSince1970 * 1000), peer: peer.name, to: notice)
        met.withLock { $0 += 1 }
        return try jsonResponse(PeerHello(site: siteName, versions: versions, now: now))
    }

    private func message(_ request: Request, _ peer: TrustedPeer) async throws -> Response {
        let bytes = Array(buffer: try await request.body.collect(upTo: PeerProtocol.messageBytesLimit))
        return try jsonResponse(["acknowledged": try await receive(bytes, from: peer)])
    }

    /// Messages that came together are taken in together: the site commits them at once. None hinders another.
    private func batch(_ request: Request, _ peer: TrustedPeer) async throws -> Response {
        let body = Array(buffer: try await request.body.collect(upTo: MessageBatch.bytesLimit))
        let messages = try MessageBatch.decode(body)
        let refusals = await withTaskGroup(of: (Int, FederationError?).self) { group in
            for (place, bytes) in messages.enumerated() {
                group.addTask { (place, await self.refusal(of: bytes, from: peer)) }
            }
            return await group.reduce(into: [FederationError?](repeating: nil, count: messages.count)) {
                $0[$1.0] = $1.1
            }
        }
        return try jsonResponse(MessageBatch.Answer(refusals: refusals))
    }

    /// Why one message of several was not taken; nil: it was.
    private func refusal(of bytes: [UInt8], from peer: TrustedPeer) async -> FederationError? {
        do {
            _ = try await receive(bytes, from: peer)
            return nil
        } catch let error as FederationError {
            PeerAuthentication.tell(of: error, to: notice)
            return error
        } catch {
            logger.error("a peer's message failed: \(error)")
            return FederationError(.internal, "the site could not handle the message")
        }
    }

    /// - Returns: the message's id, once its effects are committed.
    private func receive(_ bytes: [UInt8], from peer: TrustedPeer) async throws -> String {
        let message = try PeerMessage(decoding: bytes)
        try checkSender(message.from, of: peer)
        guard directory.isLocal(message.to) else {
            throw FederationError(
                .notServed, "party \(message.to.id) is not served here", party: message.to.description)
        }
        try await ledger.receive(message, bytes: bytes, from: peer)
        return message.id
    }

    private func exchange(_ request: Request, _ peer: TrustedPeer) async throws -> Response {
        let body = try await request.body.collect(upTo: PeerProtocol.announcementBytesLimit)
        let announcement = try Announcement(decoding: Array(buffer: body))
        try checkSender(announcement.key.from, of: peer)
        try await mailboxes.receive(announcement, from: peer)
        return try jsonResponse([String: String]())
    }

    private func payload(_ id: String, _ request: Request, _ peer: TrustedPeer) async throws -> Response {
        guard let outbox = mailboxes.outbox else { throw FederationError(.notFound, "there is no such payload") }
        let file = try await outbox.payload(id, for: peer)
        let range = try Self.range(request.headers[.range], of: file.byteCount)
        let body = ResponseBody(contentLength: range.count) { [trust] writer in
            var offset = range.lowerBound
            while offset < range.upperBound {
                // A peer that is removed gets no further piece.
                guard trust.peer(name: peer.name) != nil else {
                    throw FederationError(.untrustedPeer, "\(peer.name) is no longer trusted", peer: peer.name)
                }
                let piece = try await file.read(from: offset, to: range.upperBound)
                offset += piece.readableBytes
                try await writer.write(piece)
            }
            try await writer.finish(nil)
        }
        let headers: HTTPFields = [
            .contentType: "application/octet-stream", .acceptRanges: "bytes",
            .contentRange: "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.byteCount)",
        ]
        return Response(status: .partialContent, headers: headers, body: body)
    }

    /// One slice from the start of `bytes=<start>-`; without a range, from the payload's beginning.
    static func range(_ text: String?, of byteCount: Int) throws(FederationError) -> Range<Int> {
        var start = 0
        if let text {
            let bounds =
                text.hasPrefix("bytes=")
                ? text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false) : []
            guard bounds.count == 2, let first = Int(bounds[0]), (0..<max(1, byteCount)).contains(first) else {
                throw FederationError(.invalidRequest, "a range must begin inside the payload")
            }
            start = first
        }
        return start..<min(byteCount, start + PeerProtocol.sliceBytes)
    }

    private func checkSender(_ party: PartyAddress, of peer: TrustedPeer) throws(FederationError) {
        guard peer.parties.contains(party.id) else {
            throw FederationError(
                .foreignParty, "\(peer.name) spoke for party \(party.id), which is not one of its own",
                party: party.description, peer: peer.name)
        }
    }
}
