import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOSSL

/// A request from another site, with the peer that the TLS channel proves.
struct PeerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    private var authenticated: TrustedPeer?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// - Throws: `FederationError.untrustedPeer` outside the routes behind `PeerAuthentication`.
    var peer: TrustedPeer {
        get throws(FederationError) {
            guard let authenticated else { throw FederationError(.untrustedPeer, "the caller is not known") }
            return authenticated
        }
    }

    mutating func authenticate(_ peer: TrustedPeer) { authenticated = peer }

    /// The certificate of the connection; of an HTTP/2 stream it is its parent's.
    func peerPin() async -> KeyPin? {
        for candidate in [channel, channel.parent].compactMap({ $0 }) {
            if let certificate = try? await candidate.nioSSL_peerCertificate().get() { return KeyPin(certificate) }
        }
        return nil
    }
}

/// Asks for every request whether its peer is still trusted and speaks our protocol, and turns errors into refusals.
struct PeerAuthentication: RouterMiddleware {
    let trust: PeerTrust
    let versions: PeerVersions
    let notice: PeerNoticeSink
    /// Told the peer's name at each request that proved it.
    let heard: @Sendable (String) -> Void

    func handle(
        _ request: Request, context: PeerContext, next: (Request, PeerContext) async throws -> Response
    ) async throws -> Response {
        do {
            guard let pin = await context.peerPin(), let peer = trust.peer(pin: pin) else {
                throw FederationError(.untrustedPeer, "this site does not trust the caller's key, or no longer")
            }
            // The handshake's own body says what is spoken.
            if request.uri.path != PeerProtocol.helloPath {
                try versions.check(request.headers[.nornProtocol].flatMap { Int($0) }, peer: peer.name)
            }
            var context = context
            context.authenticate(peer)
            heard(peer.name)
            return try await next(request, context)
        } catch let error as FederationError {
            Self.tell(of: error, to: notice)
            return try Self.refusal(error)
        } catch let error as HTTPError {
            return try Self.refusal(
                FederationError(
                    error.status == .contentTooLarge ? .limitExceeded : .invalidRequest, "the request is not accepted"))
        } catch {
            context.logger.error("a peer's request failed: \(error)")
            return try Self.refusal(FederationError(.internal, "the site could not handle the request"))
        }
    }

    static func tell(of error: FederationError, to notice: PeerNoticeSink) {
        let kind: PeerNotice.Kind? =
            switch error.code {
            case .untrustedPeer: .untrustedCertificate
            case .foreignParty: .foreignParty
            case .protocolVersion: .protocolVersion
            default: nil
            }
        guard let kind else { return }
        notice(PeerNotice(kind: kind, caller: error.peer ?? "unknown", text: error.message))
    }

    private static func refusal(_ error: FederationError) throws -> Response {
        let status: HTTPResponse.Status =
            switch error.code {
            case .untrustedPeer, .foreignParty: .forbidden
            case .notServed, .notFound, .noRoute: .notFound
            case .protocolVersion: .upgradeRequired
            case .alreadyExists: .conflict
            case .attemptEnded, .cancelled: .gone
            case .limitExceeded: .tooManyRequests
            case .invalidRequest: .badRequest
            case .unreachable, .dataLoss, .configuration, .internal: .internalServerError
            }
        return try jsonResponse(error, status: status)
    }
}

/// An answer of one JSON value.
func jsonResponse(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    let data = try JSONEncoder().encode(value)
    return Response(
        status: status, headers: [.contentType: "application/json"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
}
