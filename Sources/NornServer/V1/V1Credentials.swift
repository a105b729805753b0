import Foundation
import HTTPTypes
import Hummingbird
import NornDialects
import NornManifest
import NornSite

/// Who a caller of `/v1` is. FATE's clients show no token: they sign, or, in loopback demonstration mode, call from
/// this machine.
struct V1Credentials: Sendable {
    let site: Site

    /// - Parameters:
    ///   - known: who showed a token, as callers of `/api` do.
    ///   - body: as sent; nil for one of several parts, which clients do not sign.
    ///   - form: the fields of one of several parts, which they do.
    func caller(
        _ request: Request, _ context: APIContext, known: Caller?, body: [UInt8]?, form: String
    ) async throws -> Caller? {
        if let known { return known }
        if request.headers[Self.signature] != nil || request.headers[Self.appKey] != nil {
            return try await signer(request, context, body, form)
        }
        guard site.settings.http.fateClients == "loopback", Self.isOfThisMachine(request, context) else { return nil }
        return Self.demonstration
    }

    /// Grants every party, and all rights but the administrator's.
    static let demonstration = Caller(submitter: "fate", parties: [], rights: [.submit, .read, .data])

    private func signer(
        _ request: Request, _ context: APIContext, _ body: [UInt8]?, _ form: String
    ) async throws -> Caller {
        let call = SignedCall(
            timestamp: request.headers[Self.timestamp] ?? "", nonce: request.headers[Self.nonce] ?? "",
            appKey: request.headers[Self.appKey] ?? "", signature: request.headers[Self.signature] ?? "",
            target: request.head.path ?? "", bodies: Self.signedForms(body), form: form)
        do {
            return try await site.signatures.caller(of: call)
        } catch let error as SiteError {
            try await site.recordRefusal(
                kind: "bad_signature", caller: context.remoteAddress,
                text: "on \(request.uri.path.prefix(200)): \(error.message)")
            throw error
        }
    }

    private static func signedForms(_ body: [UInt8]?) -> [[UInt8]] {
        guard let body, !body.isEmpty else { return [[]] }
        return (try? JSON(parsing: body)) == [:] ? [body, []] : [body]
    }

    /// Whether the request came from this machine, and not through a proxy that stands here.
    static func isOfThisMachine(_ request: Request, _ context: APIContext) -> Bool {
        let address = context.remoteAddress.lowercased()
        let isLoopback = SiteSettings.isLoopback(address) || address.hasPrefix("::ffff:127.")
        let host = request.head.authority.map(GateMiddleware.host(of:)) ?? ""
        let isForwarded = forwarding.contains { request.headers[$0] != nil }
        return isLoopback && SiteSettings.isLoopback(host) && !isForwarded
    }

    // The names hold only letters, dashes and underscores, which is all that the initializer checks.
    private static let forwarding: [HTTPField.Name] = [
        HTTPField.Name("Forwarded")!, HTTPField.Name("X-Forwarded-For")!, HTTPField.Name("X-Real-IP")!,
        HTTPField.Name("Via")!, HTTPField.Name(StandbyProxy.mark)!,
    ]
    private static let timestamp = HTTPField.Name("TIMESTAMP")!
    private static let nonce = HTTPField.Name("NONCE")!
    private static let appKey = HTTPField.Name("APP_KEY")!
    private static let signature = HTTPField.Name("SIGNATURE")!

    /// Refuses a caller to whom the route is closed.
    static func require(_ right: Right?, _ caller: Caller?, path: String) throws -> Caller {
        guard let right else { return caller ?? Caller(submitter: "anonymous", parties: [], rights: []) }
        guard let caller else {
            throw V1Refusal(
                .authentication,
                "authentication failed: \(path) takes calls with a signature or a token only. "
                    + "Give the client the app key and secret that an administrator of the site made for it.")
        }
        guard caller.may(right) else {
            throw V1Refusal(
                .permission, "the credential of \(caller.submitter) has no right to \(right.rawValue) (\(path))")
        }
        return caller
    }
}
