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
            if V1Answers.isV1(request) { return V1Answers.response(error, status: ErrorStatus.of(error)) }
            var response = Answers.error(error, status: ErrorStatus.of(error))
            if response.status == .serviceUnavailable {
                response.headers[.retryAfter] = "\(ErrorStatus.retrySeconds)"
            }
            return response
        } catch let error as any HTTPResponseError {
            return answer(error.status, request)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            context.logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            return answer(
                SiteError("internal", "The site could not answer", hint: "The server's log says why"),
                .internalServerError, request)
        }
    }

    private func answer(_ status: HTTPResponse.Status, _ request: Request) -> Response {
        let path = request.uri.path
        let error =
            switch status {
            case .notFound:
                SiteError(
                    "route_not_found", "There is no route \(path.prefix(200))",
                    hint: V1Answers.isV1(request) ? "No client of FATE 1.11 calls it" : "See /api/openapi.json")
            case .contentTooLarge: SiteError("body_too_large", "The body is too large")
            default: SiteError("invalid_request", "The request cannot be read")
            }
        return answer(error, status, request)
    }

    private func answer(_ error: SiteError, _ status: HTTPResponse.Status, _ request: Request) -> Response {
        V1Answers.isV1(request)
            ? V1Answers.response(error, status: status) : Answers.error(error, status: status)
    }
}
