import Foundation
import ServiceLifecycle

/// Says once a day that the site's certificate ends soon, from `SiteCertificate.warningDays` before.
public struct CertificateWatch: Service {
    static let interval = Duration.seconds(86_400)

    private let identity: SiteIdentity
    private let notice: PeerNoticeSink

    public init(identity: SiteIdentity, notice: @escaping PeerNoticeSink) {
        self.identity = identity
        self.notice = notice
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if let warning = Self.warning(for: identity.certificate) { notice(warning) }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Nil while there is time.
    public static func warning(for certificate: SiteCertificate, now: Date = Date()) -> PeerNotice? {
        let days = certificate.daysLeft(now: now)
        guard days < SiteCertificate.warningDays else { return nil }
        let what = days < 0 ? "has ended: peers refuse it" : "ends in \(days) days"
        return PeerNotice(
            kind: .certificateEnds, caller: certificate.siteName,
            text: "this site's certificate \(what): renew it with `norn site init --renew`; its key stays the same")
    }
}
