import HTTPTypes
import NornManifest
import NornSite

/// Plugins that crashed too often, and may not be used for a while.
enum QuarantineRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            method: .get, path: "/api/quarantine", right: .read,
            summary: "Plugins in quarantine, with reason and expiry.",
            answer: .jsonArray(of: "Quarantine"), needsHeart: true,
            handle: { call in try Answers.json(call.site.quarantined()) }),
        APIRoute(
            method: .delete, path: "/api/quarantine/{digest}", right: .admin,
            summary: "Lift a plugin's quarantine, by its digest or the beginning of it.", answer: .json("Quarantine"),
            handle: { call in
                try Answers.json(try await call.site.liftQuarantine(call.parameter("digest"), call.caller))
            }),
    ]
}
