import Foundation
import HTTPTypes
import Hummingbird
import NornManifest
import NornSite

/// The site itself: status, components, engines, tokens, peers, refusals.
enum SiteRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            method: .get, path: "/api/health", right: nil, summary: "Whether the server answers.",
            answer: .json("Health"), handle: { _ in Answers.value(["status": "ok"]) }),
        APIRoute(
            method: .get, path: "/api/site", right: .read, summary: "The site: parties, resources, peers, warnings.",
            answer: .json("SiteStatus"), handle: { call in try Answers.json(try await call.site.status()) }),
        APIRoute(
            method: .get, path: "/api/components", right: .read, summary: "Every component that jobs may use.",
            answer: .jsonArray(of: "Component"),
            handle: { call in try Answers.json(call.site.components()) }),
        APIRoute(
            method: .get, path: "/api/components/{name}", right: .read,
            summary: "One component, by module name, alias or reference.", answer: .json("Component"),
            handle: { call in try Answers.json(try call.site.component(call.parameter("name"))) }),
        APIRoute(
            method: .get, path: "/api/engines", right: .read, summary: "Every computing engine.",
            answer: .jsonArray(of: "Engine"), handle: { call in try Answers.json(call.site.engines()) }),
        APIRoute(
            method: .get, path: "/api/security", right: .admin, summary: "Callers who were refused, newest first.",
            query: [.init(name: "limit", summary: "at most so many", isInteger: true)],
            answer: .jsonArray(of: "Refusal"),
            handle: { call in
                try Answers.json(try await call.site.refusals(limit: call.integer("limit", in: 1...1000) ?? 100))
            }),
    ]

    static let tokens: [APIRoute] = [
        APIRoute(
            method: .get, path: "/api/tokens", right: .admin, summary: "Tokens, without their secrets.",
            answer: .jsonArray(of: "Token"), handle: { call in try Answers.json(try await call.site.tokens.list()) }),
        APIRoute(
            method: .post, path: "/api/tokens", right: .admin, summary: "Make a token; its secret is shown once.",
            body: .json("NewToken"), answer: .json("Token"), status: .created,
            handle: { call in
                let body = try await call.json()
                guard let submitter = body["submitter"]?.asString else {
                    throw SiteError.invalid("submitter is a text", field: "submitter")
                }
                let parties = try DataRoutes.strings(body, "parties")
                let rights = try (DataRoutes.strings(body, "rights") ?? []).enumerated().map { index, name in
                    guard let right = Right(rawValue: name) else {
                        throw SiteError.invalid(
                            "There is no right \(name.prefix(40))", field: "rights[\(index)]",
                            hint: "admin, submit, read or data")
                    }
                    return right
                }
                return try Answers.json(
                    try await call.site.tokens.create(
                        submitter: submitter, parties: parties, rights: rights, by: call.caller),
                    status: .created)
            }),
        APIRoute(
            method: .delete, path: "/api/tokens/{id}", right: .admin, summary: "Revoke a token at once.",
            answer: .json("Done"),
            handle: { call in
                try await call.site.tokens.revoke(call.parameter("id"))
                // Streams that the token opened look again, and end.
                call.site.feed.wake()
                return Answers.value(["done": true])
            }),
    ]

    static let peers: [APIRoute] = [
        APIRoute(
            method: .get, path: "/api/peers", right: .read, summary: "Sites that this one trusts.",
            answer: .jsonArray(of: "Peer"), handle: { call in try Answers.json(call.site.peers()) }),
        APIRoute(
            method: .put, path: "/api/peers/{name}", right: .admin,
            summary: "Trust a site: pin its key, name its address and parties; a second pin serves renewal.",
            body: .json("NewPeer"), answer: .json("Peer"),
            handle: { call in
                let body = try await call.json()
                guard let pin = body["pin"]?.asString else {
                    throw SiteError.invalid(
                        "pin is the peer's sha256:…, which norn site status prints there", field: "pin")
                }
                let parties = try DataRoutes.strings(body, "parties") ?? []
                return try Answers.json(
                    try call.site.trust(
                        name: call.parameter("name"), pin: pin, parties: parties, address: body["address"]?.asString))
            }),
        APIRoute(
            method: .delete, path: "/api/peers/{name}", right: .admin,
            summary: "Cut a peer at once, or take one of its pins back.",
            query: [.init(name: "pin", summary: "only this pin")], answer: .json("Done"),
            handle: { call in
                try call.site.distrust(name: call.parameter("name"), pin: call.query("pin"))
                return Answers.value(["done": true])
            }),
    ]
}
