import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NornSite
import Synchronization

/// Passes a request on from a scheduler that stands by to the active one, with the caller's own token, and its answer
/// back, both as they come. Only requests whose sender was known here get so far.
final class StandbyProxy: Sendable {
    static let shared = StandbyProxy()

    /// Requests that are passed on at once.
    static let requestsAtOnceMaximum = 256
    /// An upload may take so long.
    static let hoursMaximum: Int64 = 24
    /// Marks a request that was passed on: it is never passed on again.
    static let mark = "Norn-Passed-On"

    /// Headers of one connection, and those that are made anew.
    private static let ownHeaders: Set<String> = [
        "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "host", "origin",
        "expect", "proxy-authorization", "proxy-connection",
    ]

    private let running = Atomic<Int>(0)

    func pass(_ request: Request, to address: String?) async throws -> Response {
        guard let address, request.headers[Self.markName] == nil else { throw Self.noActive }
        guard running.add(1, ordering: .relaxed).newValue <= Self.requestsAtOnceMaximum else {
            running.subtract(1, ordering: .relaxed)
            throw SiteError(
                "too_many_requests", "\(Self.requestsAtOnceMaximum) requests are passed on at once",
                hint: "Call the active scheduler itself")
        }
        defer { running.subtract(1, ordering: .relaxed) }
        let answer: HTTPClientResponse
        do {
            answer = try await HTTPClient.shared.execute(
                outgoing(request, to: address), timeout: .hours(Self.hoursMaximum))
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // It may have been carried out before the connection broke: a submission says so by its key.
            throw Self.noActive
        }
        return response(answer)
    }

    private func outgoing(_ request: Request, to address: String) -> HTTPClientRequest {
        var outgoing = HTTPClientRequest(url: address + request.head.path.orRoot)
        outgoing.method = HTTPMethod(rawValue: request.method.rawValue)
        for field in request.headers where !Self.ownHeaders.contains(field.name.canonicalName) {
            outgoing.headers.add(name: field.name.rawName, value: field.value)
        }
        outgoing.headers.add(name: Self.mark, value: "1")
        let length = request.headers[.contentLength].flatMap { Int64($0) }
        if length.map({ $0 > 0 }) ?? (request.headers[.transferEncoding] != nil) {
            outgoing.body = .stream(request.body, length: length.map { .known($0) } ?? .unknown)
        }
        return outgoing
    }

    private func response(_ answer: HTTPClientResponse) -> Response {
        var headers = HTTPFields()
        for (name, value) in answer.headers where !Self.ownHeaders.contains(name.lowercased()) {
            guard let name = HTTPField.Name(name) else { continue }
            headers.append(HTTPField(name: name, value: value))
        }
        return Response(
            status: .init(code: Int(answer.status.code)), headers: headers,
            body: ResponseBody(asyncSequence: answer.body)
        )
    }

    // The name holds only letters and dashes, which is all that the initializer checks.
    private static let markName = HTTPField.Name(mark)!

    static let noActive = SiteError(
        "no_active_scheduler", "No active scheduler answers just now; another one is taking over",
        hint: "Try again in a moment; reads are answered meanwhile")
}

extension String? {
    fileprivate var orRoot: String { self ?? "/" }
}
