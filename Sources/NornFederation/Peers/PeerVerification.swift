import Foundation
import NIOCore
import NIOSSL

/// Decides by pinned key, and by nothing else, whom a TLS connection is with.
struct PeerVerification: Sendable {
    let identity: SiteIdentity
    let trust: PeerTrust
    let notice: PeerNoticeSink

    /// Only TLS 1.3, our certificate as it is at each handshake, and the client must show its own.
    func serverConfiguration() -> TLSConfiguration {
        let current = identity.current()
        var configuration = TLSConfiguration.makeServerConfigurationWithMTLS(
            certificateChain: current.chain, privateKey: current.privateKey, trustRoots: .certificates([]))
        configuration.minimumTLSVersion = .tlsv13
        configuration.sslContextCallback = { [identity] _, promise in
            let current = identity.current()
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = current.chain
            override.privateKey = current.privateKey
            promise.succeed(override)
        }
        return configuration
    }

    /// The server's key is checked when the handshake is done, before the first request: `checkServer`.
    func clientConfiguration() -> TLSConfiguration {
        let current = identity.current()
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateChain = current.chain
        configuration.privateKey = current.privateKey
        configuration.minimumTLSVersion = .tlsv13
        configuration.certificateVerification = .none
        return configuration
    }

    /// Refuses in the handshake whoever has no key that we trust.
    func verifyClient(_ certificates: [NIOSSLCertificate], _ promise: EventLoopPromise<NIOSSLVerificationResult>) {
        promise.succeed(accepts(certificates.first) ? .certificateVerified : .failed)
    }

    /// Fails the connection when the server's key is none of the peer's pins now.
    func checkServer(_ channel: any Channel, peerName: String) -> EventLoopFuture<Void> {
        channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
            guard accepts(certificate), let pin = certificate.flatMap({ KeyPin($0) }),
                trust.peer(pin: pin)?.name == peerName
            else {
                throw FederationError(
                    .untrustedPeer, "the site that answers at the address of \(peerName) has a key that is not its",
                    peer: peerName)
            }
        }.flatMapErrorThrowing { error in
            channel.close(promise: nil)
            throw error
        }
    }

    private func accepts(_ certificate: NIOSSLCertificate?) -> Bool {
        guard let certificate, let pin = KeyPin(certificate), let peer = trust.peer(pin: pin) else {
            let key = certificate.flatMap { KeyPin($0)?.description } ?? "no certificate"
            notice(PeerNotice(kind: .untrustedCertificate, caller: key, text: "a site with an unknown key was refused"))
            return false
        }
        guard certificate.notValidAfter > time(nil) else {
            notice(
                PeerNotice(
                    kind: .endedCertificate, caller: peer.name,
                    text: "the certificate of \(peer.name) has ended: its people renew it with `norn site init --renew`"
                ))
            return false
        }
        return true
    }
}
