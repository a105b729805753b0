import Foundation
import HTTPTypes
import Hummingbird
import NornSite
import NornStore

/// Stands before every route: a request whose Host is not a name of this server, or that a foreign page sent, goes no
/// further, whatever its body or content type.
struct GateMiddleware: RouterMiddleware {
    typealias Context = APIContext

    /// Host names, lower case, without ports.
    let names: Set<String>
    let scheduler: Scheduler
    var site: Site { scheduler.site }

    init(scheduler: Scheduler) {
        self.scheduler = scheduler
        let settings = scheduler.site.settings.http
        let configured = settings.names + [settings.host]
        names = Set(["localhost", "127.0.0.1", "::1"] + configured.map { $0.lowercased() })
    }

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard let authority = request.head.authority, names.contains(Self.host(of: authority)) else {
            try await refuse(
                "foreign_host", "This server is not called \(request.head.authority?.prefix(200) ?? "that")", context)
            throw SiteError(
                "foreign_host", "This server does not answer to the name in the Host header",
                hint: "Add the name to http.names in site.yaml")
        }
        if let origin = request.headers[.origin], !isOurs(origin) {
            try await refuse(
                "foreign_origin", "A page of \(origin.prefix(200)) called \(request.uri.path.prefix(200))", context)
            throw SiteError("foreign_origin", "Pages of other origins may not call this server")
        }
        return try await next(request, context)
    }

    private func refuse(_ kind: String, _ text: String, _ context: APIContext) async throws {
        try await site.recordRefusal(kind: kind, caller: context.remoteAddress, text: text)
    }

    /// The host of `host:port` or `[address]:port`, lower case.
    static func host(of authority: String) -> String {
        let text = authority.lowercased()
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            return String(text[text.index(after: text.startIndex)..<end])
        }
        return String(text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)[0])
    }

    private func isOurs(_ origin: String) -> Bool {
        guard let parts = URLComponents(string: origin), ["http", "https"].contains(parts.scheme), let host = parts.host
        else { return false }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        guard names.contains(bare.lowercased()) else { return false }
        return parts.port == site.boundPort
    }
}

/// Finds out who calls, and whether the caller has the route's right.
struct CallerMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let scheduler: Scheduler
    var site: Site { scheduler.site }

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        // While the database is away nobody is known, and nothing can be answered; nobody is left waiting.
        if let trouble = scheduler.storeTrouble {
            throw SiteError.storeUnreachable(trouble, while: false)
        }
        var context = context
        context.caller = try await StorePatience(scheduler: scheduler).value { [context] in
            try await caller(request, context)
        }
        return try await next(request, context)
    }

    private func caller(_ request: Request, _ context: APIContext) async throws -> Caller? {
        guard let header = request.headers[.authorization] else {
            return site.settings.http.authentication == "none"
                ? Caller(submitter: "anonymous", parties: [], rights: Set(Right.allCases)) : nil
        }
        guard let secret = Self.secret(in: header), let caller = try await site.tokens.caller(secret: secret) else {
            try await site.recordRefusal(
                kind: "unknown_token", caller: context.remoteAddress, text: "on \(request.uri.path.prefix(200))")
            throw SiteError("unauthenticated", "The token is not known", hint: "It may be revoked, or of another site")
        }
        return caller
    }

    private static func secret(in header: String) -> String? {
        let parts = header.split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }

    /// What a request shows; nil when it shows no token.
    static func secret(of request: Request) -> String? { request.headers[.authorization].flatMap(secret) }

    /// Refuses a caller without the right that a route needs.
    static func require(_ right: Right?, _ caller: Caller?) throws -> Caller {
        guard let right else { return caller ?? Caller(submitter: "anonymous", parties: [], rights: []) }
        guard let caller else {
            throw SiteError(
                "unauthenticated", "This route needs a token",
                hint: "Send it as Authorization: Bearer …; <home>/run/site.json names the local one")
        }
        guard caller.may(right) else {
            throw SiteError(
                "forbidden", "The token of \(caller.submitter) has no right to \(right.rawValue)",
                hint: "An administrator can make one: norn token create --right \(right.rawValue)")
        }
        return caller
    }
}
