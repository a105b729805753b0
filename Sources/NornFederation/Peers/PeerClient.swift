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
    /// A call that only asks whether a silent peer is back.
    public static let probeMilliseconds: Int64 = 3000
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

    private struct Pool {
        let client: HTTPClient
        let generation: Int
        let pins: [KeyPin]
        /// What is spoken with the peer; nil before it was met, and after a call that failed: it may be another
        /// release that answers next.
        var version: Int?
        var met = ContinuousClock.now
        /// A handshake that is under way: calls meanwhile wait for the same one.
        var meeting: Task<Int, any Error>?
    }

    private struct State {
        var pools: [String: Pool] = [:]
        var retired: [HTTPClient] = []
        var isShutDown = false
    }

    let siteName: String
    private let versions: PeerVersions
    private let identity: SiteIdentity
    let trust: PeerTrust
    private let verification: PeerVerification
    private let notice: PeerNoticeSink
    private let proxy: Proxy?
    private let logger: Logger
    private let state = Mutex(State())

    /// The caller must call `shutdown`, or run it as a service.
    public init(
        identity: SiteIdentity, trust: PeerTrust, proxy: Proxy? = nil, versions: PeerVersions = PeerVersions(),
        logger: Logger, notice: @escaping PeerNoticeSink = { _ in }
    ) {
        self.identity = identity
        self.trust = trust
        self.proxy = proxy
        self.versions = versions
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

    /// Meets a peer: agrees on a protocol version, and checks that the clocks agree.
    public func hello(_ peer: TrustedPeer) async throws -> PeerHello {
        try await hello(peer, milliseconds: Self.callMilliseconds)
    }

    /// Asks a peer that was silent over a new connection: on the old one the first byte may wait long to be sent again.
    public func probe(_ peer: TrustedPeer) async throws {
        renew(peer.name)
        _ = try await hello(peer, milliseconds: Self.probeMilliseconds)
    }

    /// Lets the calls under way to a peer end where they are; the next one takes a new connection.
    public func renew(_ name: String) {
        state.withLock { state in
            guard let pool = state.pools.removeValue(forKey: name) else { return }
            state.retired.append(pool.client)
            retire(pool.client)
        }
    }

    private func hello(_ peer: TrustedPeer, milliseconds: Int64) async throws -> PeerHello {
        let sent = Date()
        let body = try JSONEncoder().encode(PeerHello(site: siteName, versions: versions, now: sent))
        let answer = try await answer(
            try await execute(
                .POST, PeerProtocol.helloPath, peer: peer, headers: [:], body: Array(body), version: versions.oldest,
                milliseconds: milliseconds), peer: peer)
        guard let hello = try? JSONDecoder().decode(PeerHello.self, from: Data(answer)) else {
            throw FederationError(.protocolVersion, "\(peer.name) answers in no protocol of ours", peer: peer.name)
        }
        note(try versions.common(with: hello, peer: peer.name), for: peer)
        let middle = (sent.timeIntervalSince1970 + Date().timeIntervalSince1970) / 2 * 1000
        ClockSkew.report(hello, receivedMilliseconds: Int64(middle), peer: peer.name, to: notice)
        return hello
    }

    /// Remembers what is spoken with a peer, as a handshake in either direction agreed on it.
    func note(_ version: Int, for peer: TrustedPeer) {
        state.withLock {
            $0.pools[peer.name]?.version = version
            $0.pools[peer.name]?.met = .now
        }
    }

    /// The version that is spoken with a peer; nil before the two have met, and after a call that failed.
    public func spokenVersion(with name: String) -> Int? { state.withLock { $0.pools[name]?.version } }

    /// The version to speak with a peer. The first call waits for a handshake; once in a while another one goes beside
    /// a call.
    public func version(for peer: TrustedPeer) async throws -> Int {
        _ = try client(for: peer)
        let (known, meeting) = state.withLock { state -> (Int?, Task<Int, any Error>?) in
            guard let pool = state.pools[peer.name] else { return (nil, nil) }
            let isDue = pool.met + .seconds(Self.helloSeconds) < .now
            if let version = pool.version, !isDue { return (version, nil) }
            if let meeting = pool.meeting { return (pool.version, meeting) }
            let meeting = Task { try await meet(peer) }
            state.pools[peer.name]?.meeting = meeting
            return (pool.version, meeting)
        }
        if let known { return known }
        guard let meeting else { throw FederationError(.cancelled, "this site is stopping", peer: peer.name) }
        return try await meeting.value
    }

    private func meet(_ peer: TrustedPeer) async throws -> Int {
        defer { state.withLock { $0.pools[peer.name]?.meeting = nil } }
        return try versions.common(with: try await hello(peer), peer: peer.name)
    }

    private func forgetVersion(of peer: TrustedPeer) {
        state.withLock { $0.pools[peer.name]?.version = nil }
    }

    /// Hands a message over; returns when the peer has committed it. One try: the sender's own store knows what it
    /// still owes. Only an error with `isRetryable` is worth another try.
    public func deliver(_ message: PeerMessage, to peer: TrustedPeer) async throws {
        _ = try await call(.POST, PeerProtocol.messagesPath, peer: peer, body: message.encoded)
    }

    /// Hands messages over in as few calls as the peer's protocol allows; returns when it has committed them.
    /// - Returns: for each message, in their order, why it was refused; nil: it is committed.
    /// - Throws: when a call did not come through: what became of its messages and of those after it is not known.
    public func deliver(_ messages: [PeerMessage], to peer: TrustedPeer) async throws -> [FederationError?] {
        let takesBatches = try await version(for: peer) >= PeerVersions.withBatches
        let codings = messages.map(\.encoded)
        let calls = takesBatches ? MessageBatch.split(codings) : codings.indices.map { $0..<$0 + 1 }
        var refusals: [FederationError?] = []
        for call in calls {
            refusals +=
                call.count == 1
                ? [try await deliver(codings[call.lowerBound], to: peer)]
                : try await deliver(Array(codings[call]), to: peer)
        }
        return refusals
    }

    private func deliver(_ message: [UInt8], to peer: TrustedPeer) async throws -> FederationError? {
        do {
            _ = try await call(.POST, PeerProtocol.messagesPath, peer: peer, body: message)
            return nil
        } catch let error as FederationError where error.code != .unreachable && error.code != .protocolVersion {
            return error
        }
    }

    private func deliver(_ messages: [[UInt8]], to peer: TrustedPeer) async throws -> [FederationError?] {
        let answer = try await call(
            .POST, PeerProtocol.batchPath, peer: peer, body: MessageBatch.encode(messages))
        guard let refusals = try? JSONDecoder().decode(MessageBatch.Answer.self, from: Data(answer)).refusals,
            refusals.count == messages.count
        else { throw FederationError(.invalidRequest, "\(peer.name) does not say what became of messages") }
        return refusals
    }

    /// One call with a small answer.
    func call(_ method: HTTPMethod, _ path: String, peer: TrustedPeer, body: [UInt8]? = nil) async throws -> [UInt8] {
        let version = try await version(for: peer)
        return try await answer(
            try await execute(
                method, path, peer: peer, headers: [:], body: body, version: version,
                milliseconds: Self.callMilliseconds), peer: peer)
    }

    private func answer(_ response: HTTPClientResponse, peer: TrustedPeer) async throws -> [UInt8] {
        guard response.status == .ok else { throw await refusal(response, peer: peer) }
        do {
            return Array(buffer: try await response.body.collect(upTo: PeerProtocol.messageBytesLimit))
        } catch {
            throw Self.unreachable(error, peer: peer)
        }
    }

    /// The next slice of a payload from an offset.
    func pull(_ path: String, from offset: Int, peer: TrustedPeer) async throws -> HTTPClientResponse.Body {
        let version = try await version(for: peer)
        let response = try await execute(
            .GET, path, peer: peer, headers: ["range": "bytes=\(offset)-"], body: nil, version: version,
            milliseconds: nil)
        guard response.status == .partialContent else { throw await refusal(response, peer: peer) }
        return response.body
    }

    private func execute(
        _ method: HTTPMethod, _ path: String, peer: TrustedPeer, headers: HTTPHeaders, body: [UInt8]?, version: Int,
        milliseconds: Int64?
    ) async throws -> HTTPClientResponse {
        let (client, address) = try client(for: peer)
        var request = HTTPClientRequest(url: address + path)
        request.method = method
        request.headers = headers
        request.headers.replaceOrAdd(name: "norn-protocol", value: String(version))
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let deadline: NIODeadline = milliseconds.map { .now() + .milliseconds($0) } ?? .distantFuture
        do {
            return try await client.execute(request, deadline: deadline, logger: nil)
        } catch {
            forgetVersion(of: peer)
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

    private func refusal(_ response: HTTPClientResponse, peer: TrustedPeer) async -> FederationError {
        let body = try? await response.body.collect(upTo: PeerProtocol.errorBytesLimit)
        if let body, var error = try? JSONDecoder().decode(FederationError.self, from: Data(Array(buffer: body))) {
            error.peer = peer.name
            if error.code == .protocolVersion { forgetVersion(of: peer) }
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
