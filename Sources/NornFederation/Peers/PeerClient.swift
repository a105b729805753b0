import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Calls other sites: HTTP/2 with mutual TLS, one connection pool for each peer. A peer that is no longer trusted is not
/// called, and a renewed certificate of ours is used by the next connection.
public final class PeerClient: Service {
    public static let connectMilliseconds: Int64 = 5000
    /// A whole call; pulls of payloads have no limit but `idleMilliseconds`.
    public static let callMilliseconds: Int64 = 30_000
    /// Silence after which a connection counts as cut.
    public static let idleMilliseconds: Int64 = 20_000
    /// A peer is met again after this long, to see whether the clocks still agree.
    public static let helloSeconds = 3600
    /// What a replaced pool gets to finish its calls.
    public static let retireMilliseconds = 60_000

    /// A proxy, which only the site's configuration can name; proxy variables of the environment are ignored.
    public struct Proxy: Hashable, Sendable {
        public var host: String
        public var port: Int

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    private static let helloPath = "/peer/1/hello"

    private struct Pool {
        let client: HTTPClient
        let generation: Int
        let pins: [KeyPin]
        /// When the peer was last met; nil before the first time and after one that failed.
        var met: ContinuousClock.Instant?
    }

    private struct State {
        var pools: [String: Pool] = [:]
        var retired: [HTTPClient] = []
        var isShutDown = false
    }

    let siteName: String
    private let identity: SiteIdentity
    let trust: PeerTrust
    private let verification: PeerVerification
    private let notice: PeerNoticeSink
    private let proxy: Proxy?
    private let logger: Logger
    private let state = Mutex(State())

    /// The caller must call `shutdown`, or run it as a service.
    public init(
        identity: SiteIdentity, trust: PeerTrust, proxy: Proxy? = nil, logger: Logger,
        notice: @escaping PeerNoticeSink = { _ in }
    ) {
        self.identity = identity
        self.trust = trust
        self.proxy = proxy
        self.logger = logger
        self.notice = notice
        siteName = identity.certificate.siteName
        verification = PeerVerification(identity: identity, trust: trust, notice: notice)
    }

    public func run() async throws {
        try? await gracefulShutdown()
        await shutdown()
    }

    public func shutdown() async {
        let clients = state.withLock { state in
            defer { state = State(isShutDown: true) }
            return state.pools.values.map(\.client) + state.retired
        }
        for client in clients { try? await client.shutdown() }
    }

    /// Meets a peer: checks that a protocol version is common and that the clocks agree.
    public func hello(_ peer: TrustedPeer) async throws -> PeerHello {
        let sent = Date()
        let body = try JSONEncoder().encode(PeerHello(site: siteName, now: sent))
        let answer = try await call(.POST, Self.helloPath, peer: peer, body: Array(body))
        guard let hello = try? JSONDecoder().decode(PeerHello.self, from: Data(answer)) else {
            throw FederationError(.protocolVersion, "\(peer.name) answers in no protocol of ours", peer: peer.name)
        }
        try hello.check(peer: peer.name)
        let middle = (sent.timeIntervalSince1970 + Date().timeIntervalSince1970) / 2 * 1000
        ClockSkew.report(hello, receivedMilliseconds: Int64(middle), peer: peer.name, to: notice)
        return hello
    }

    /// Hands a message over; returns when the peer has committed it. One try: the sender's own store knows what it
    /// still owes. Only an error with `isRetryable` is worth another try.
    public func deliver(_ message: PeerMessage, to peer: TrustedPeer) async throws {
        _ = try await call(.POST, "/peer/1/messages", peer: peer, body: message.encoded)
    }

    /// Beside the first call to a peer, and once in a while: a call waits for no handshake, since each names its
    /// protocol's version by itself.
    private func meetNowAndThen(_ peer: TrustedPeer) {
        let isDue = state.withLock { state in
            guard let pool = state.pools[peer.name] else { return false }
            if let met = pool.met, met + .seconds(Self.helloSeconds) > .now { return false }
            state.pools[peer.name]?.met = .now
            return true
        }
        guard isDue else { return }
        Task {
            do {
                _ = try await hello(peer)
            } catch {
                state.withLock { $0.pools[peer.name]?.met = nil }
                logger.debug("a peer could not be met", metadata: ["peer": "\(peer.name)", "error": "\(error)"])
            }
        }
    }

    /// One call with a small answer.
    func call(_ method: HTTPMethod, _ path: String, peer: TrustedPeer, body: [UInt8]? = nil) async throws -> [UInt8] {
        let response = try await execute(
            method, path, peer: peer, headers: [:], body: body, milliseconds: Self.callMilliseconds)
        if path != Self.helloPath { meetNowAndThen(peer) }
        guard response.status == .ok else { throw await Self.refusal(response, peer: peer) }
        do {
            return Array(buffer: try await response.body.collect(upTo: PeerProtocol.messageBytesLimit))
        } catch {
            throw Self.unreachable(error, peer: peer)
        }
    }

    /// The next slice of a payload from an offset.
    func pull(_ path: String, from offset: Int, peer: TrustedPeer) async throws -> HTTPClientResponse.Body {
        let response = try await execute(
            .GET, path, peer: peer, headers: ["range": "bytes=\(offset)-"], body: nil, milliseconds: nil)
        guard response.status == .partialContent else {
            throw await Self.refusal(response, peer: peer)
        }
        return response.body
    }

    private func execute(
        _ method: HTTPMethod, _ path: String, peer: TrustedPeer, headers: HTTPHeaders, body: [UInt8]?,
        milliseconds: Int64?
    ) async throws -> HTTPClientResponse {
        let (client, address) = try client(for: peer)
        var request = HTTPClientRequest(url: address + path)
        request.method = method
        request.headers = headers
        request.headers.replaceOrAdd(name: "norn-protocol", value: String(PeerProtocol.current))
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let deadline: NIODeadline = milliseconds.map { .now() + .milliseconds($0) } ?? .distantFuture
        do {
            return try await client.execute(request, deadline: deadline, logger: nil)
        } catch {
            throw Self.unreachable(error, peer: peer)
        }
    }

    /// Asks the trust file for the peer as it is now, not as the caller read it.
    private func client(for peer: TrustedPeer) throws(FederationError) -> (HTTPClient, String) {
        guard let now = trust.peer(name: peer.name) else {
            throw FederationError(.untrustedPeer, "\(peer.name) is not trusted, or no longer", peer: peer.name)
        }
        guard var address = now.address else {
            throw FederationError(
                .noRoute, "\(peer.name) has no address here, so only it can call: name one with `norn site trust`",
                peer: peer.name)
        }
        if address.hasSuffix("/") { address.removeLast() }
        let generation = identity.current().generation
        let client: HTTPClient? = state.withLock { state in
            guard !state.isShutDown else { return nil }
            if let pool = state.pools[now.name] {
                if pool.generation == generation, pool.pins == now.pins { return pool.client }
                state.retired.append(pool.client)
                retire(pool.client)
            }
            let client = makeClient(peerName: now.name)
            state.pools[now.name] = Pool(client: client, generation: generation, pins: now.pins)
            return client
        }
        guard let client else { throw FederationError(.cancelled, "this site is stopping", peer: peer.name) }
        return (client, address)
    }

    private func retire(_ client: HTTPClient) {
        Task { [weak self] in
            try? await Task.sleep(for: .milliseconds(Self.retireMilliseconds))
            let isMine =
                self?.state.withLock { state in
                    guard let position = state.retired.firstIndex(where: { $0 === client }) else { return false }
                    state.retired.remove(at: position)
                    return true
                } ?? false
            if isMine { try? await client.shutdown() }
        }
    }

    private func makeClient(peerName: String) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: verification.clientConfiguration(), redirectConfiguration: .disallow,
            timeout: .init(
                connect: .milliseconds(Self.connectMilliseconds), read: .milliseconds(Self.idleMilliseconds)))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.proxy = proxy.map { .server(host: $0.host, port: $0.port) }
        let check: @Sendable (any Channel) -> EventLoopFuture<Void> = { [verification] channel in
            verification.checkServer(channel, peerName: peerName)
        }
        configuration.http1_1ConnectionDebugInitializer = check
        configuration.http2ConnectionDebugInitializer = check
        return HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
    }

    private static func refusal(_ response: HTTPClientResponse, peer: TrustedPeer) async -> FederationError {
        let body = try? await response.body.collect(upTo: PeerProtocol.errorBytesLimit)
        if let body, var error = try? JSONDecoder().decode(FederationError.self, from: Data(Array(buffer: body))) {
            error.peer = peer.name
            return error
        }
        return FederationError(
            response.status.code >= 500 ? .unreachable : .invalidRequest,
            "\(peer.name) answered \(response.status.code) without saying why", peer: peer.name)
    }

    /// What went wrong on the way, without what the libraries say of their insides.
    static func unreachable(_ error: any Error, peer: TrustedPeer) -> FederationError {
        if let error = error as? FederationError { return error }
        if error is CancellationError { return FederationError(.cancelled, "the call was cancelled", peer: peer.name) }
        let what =
            switch error as? HTTPClientError {
            case .some(.connectTimeout), .some(.deadlineExceeded), .some(.readTimeout): "does not answer in time"
            case .some(.remoteConnectionClosed): "closed the connection; it may not trust this site's key"
            case .some(.cancelled): "was called while this site stopped calling it"
            default: "cannot be reached"
            }
        return FederationError(.unreachable, "\(peer.name) \(what)", peer: peer.name)
    }
}

extension PeerClient {
    /// Whether calls to a peer are allowed now.
    func trusts(_ peer: TrustedPeer) -> Bool { trust.peer(name: peer.name) != nil }
}
