import HTTPTypes
import Hummingbird
import NIOCore
import NornDialects
import NornManifest
import NornSite

/// Errors and replies of `/v1` as HTTP: 200 whatever the code says, except where the client asks for the status.
enum V1Answers {
    static let prefix = "/v1/"

    static func isV1(_ request: Request) -> Bool { request.uri.path.hasPrefix(prefix) }

    static func response(_ reply: V1Reply, status: HTTPResponse.Status = .ok) -> Response {
        Answers.value(reply.json, status: status)
    }

    static let nothingToDownload = HTTPResponse.Status(code: 210, reasonPhrase: "Nothing To Download")

    /// - Parameter otherwise: the code of an error that has no closer one.
    static func reply(_ error: SiteError, otherwise: V1Code) -> V1Reply {
        // What a submission asks for in vain is an operation that failed, whatever it was.
        let ofModels = otherwise == .operating ? nil : modelCode(error.code)
        return V1Reply(message: error.description, code: code(error.code) ?? ofModels ?? otherwise)
    }

    private static func modelCode(_ code: String) -> V1Code? {
        switch code {
        case "model_not_found", "checkpoint_not_found": .notFound
        case "model_exists": .conflict
        case "archive_refused": .badRequest
        default: nil
        }
    }

    private static func code(_ code: String) -> V1Code? {
        switch code {
        case "unauthenticated", "signature_not_valid": .authentication
        case "body_too_large", "upload_too_large", "invalid_json", "invalid_request": .argument
        case "store_unreachable", "no_active_scheduler": .connection
        case "draining", "too_many_jobs", "too_many_requests", "low_disk": .operating
        case "internal": .server
        case _ where code.hasPrefix("forbidden") || code.hasPrefix("foreign_") || code.hasSuffix("_not_granted"):
            .permission
        default: nil
        }
    }

    /// For errors before a route was found or asked.
    static func response(_ error: SiteError, status: HTTPResponse.Status) -> Response {
        let isRoute = error.code == "route_not_found"
        return response(
            reply(error, otherwise: isRoute ? .notFound : .exception),
            status: isRoute || status == .forbidden ? status : .ok)
    }
}
