import HTTPTypes
import Hummingbird
import Logging
import NornSite

/// The HTTP status of each refusal.
enum ErrorStatus {
    /// When a site that is busy, or that another scheduler just takes over, may be asked again.
    static let retrySeconds = 2

    static func of(_ error: SiteError) -> HTTPResponse.Status {
        switch error.code {
        case "unauthenticated": return .unauthorized
        case "body_too_large", "upload_too_large", "archive_too_large": return .contentTooLarge
        case "conflict", "model_exists", "model_in_use", "job_ended", "job_not_live", "job_lives", "job_needed",
            "table_in_use", "wrong_state",
            "backup_runs", "plugin_exists":
            return .conflict
        case "low_disk": return .init(code: 507, reasonPhrase: "Insufficient Storage")
        case "internal": return .internalServerError
        case "store_unreachable", "heart_not_written", "heart_unsure", "no_active_scheduler": return .serviceUnavailable
        case "draining", "too_many_jobs", "too_many_requests": return .serviceUnavailable
        case let code where code.hasSuffix("_not_found"): return .notFound
        case let code where code.hasPrefix("forbidden") || code.hasSuffix("_not_granted"): return .forbidden
        case let code where code.hasPrefix("foreign_"): return .forbidden
        default: return .badRequest
        }
    }
}

/// Turns every error into a typed answer; what is not meant for callers stays in the log.
struct ErrorMiddleware: RouterMiddleware {
    typealias Context = APIContext

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as SiteError {
            var response = Answers.error(error, status: ErrorStatus.of(error))
            if response.status == .serviceUnavailable {
                response.headers[.retryAfter] = "\(ErrorStatus.retrySeconds)"
            }
            return response
        } catch let error as any HTTPResponseError {
            return answer(error.status, path: request.uri.path)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            context.logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            return Answers.error(
                SiteError("internal", "The site could not answer", hint: "The server's log says why"),
                status: .internalServerError)
        }
    }

    private func answer(_ status: HTTPResponse.Status, path: String) -> Response {
        switch status {
        case .notFound:
            Answers.error(
                SiteError("route_not_found", "There is no route \(path.prefix(200))", hint: "See /api/openapi.json"),
                status: status)
        case .contentTooLarge:
            Answers.error(SiteError("body_too_large", "The body is too large"), status: status)
        default:
            Answers.error(SiteError("invalid_request", "The request cannot be read"), status: status)
        }
    }
}
