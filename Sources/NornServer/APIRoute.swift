import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NornManifest
import NornSite

/// One route of the API: the router and the OpenAPI document are both made from these, so they cannot differ.
struct APIRoute: Sendable {
    struct Query: Sendable {
        var name: String
        var summary: String
        var isInteger = false
    }

    enum Body: Sendable {
        case none
        /// JSON of a schema of `APISchemas`.
        case json(String)
        case stream(mediaType: String)
    }

    enum Answer: Sendable {
        case json(String)
        case jsonArray(of: String)
        case events
        case stream(mediaType: String)
        /// The OpenAPI document itself.
        case document
    }

    var method: HTTPRequest.Method
    /// With parameters as `{name}`.
    var path: String
    /// Nil: everyone may.
    var right: Right?
    var summary: String
    var query: [Query] = []
    var headers: [Query] = []
    var body: Body = .none
    var answer: Answer
    var status: HTTPResponse.Status = .ok
    /// A GET whose answer is not in the store, or takes a job of the site: only the active scheduler has it.
    var needsHeart = false
    var handle: @Sendable (APIRequest) async throws -> Response

    /// The names of the path's parameters.
    var parameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    /// Unique among the routes: `get_api_jobs_job`.
    var operation: String {
        let words = path.split { !$0.isLetter && !$0.isNumber }
        return ([method.rawValue.lowercased()] + words.map(String.init)).joined(separator: "_")
    }
}

/// What a handler works with.
struct APIRequest: Sendable {
    let request: Request
    let context: APIContext
    let caller: Caller
    let site: Site

    /// A parameter of the path.
    func parameter(_ name: String) throws -> String {
        guard let raw = context.parameters.get(name), let value = raw.removingPercentEncoding, !value.isEmpty else {
            throw SiteError.invalid("The path has no \(name)", field: name)
        }
        return value
    }

    func query(_ name: String) -> String? {
        guard let raw = request.uri.queryParameters[Substring(name)] else { return nil }
        let value = String(raw)
        return value.isEmpty ? nil : value
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = query(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw SiteError.invalid(
                "\(name) is a number from \(range.lowerBound) to \(range.upperBound), not \(text.prefix(40))",
                field: name)
        }
        return value
    }

    func flag(_ name: String) throws -> Bool? {
        guard let text = query(name) else { return nil }
        switch text {
        case "1", "true", "yes": return true
        case "0", "false", "no": return false
        default: throw SiteError.invalid("\(name) is true or false, not \(text.prefix(40))", field: name)
        }
    }

    /// The body as JSON, up to the site's limit.
    func json() async throws -> JSON {
        let limit = site.settings.http.maximumBodyMegabytes * 1_048_576
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw Self.tooLarge(limit)
        }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw Self.tooLarge(limit)
        }
        do {
            return try JSON(parsing: Array(buffer.readableBytesView))
        } catch {
            throw SiteError(
                "invalid_json", "The body is not JSON: \(error)", field: error.path.isEmpty ? nil : error.path)
        }
    }

    static func tooLarge(_ limit: Int) -> SiteError {
        SiteError(
            "body_too_large", "The body is larger than \(limit / 1_048_576) MiB",
            hint: "See http.maximum_body_megabytes")
    }
}

/// A request on its way, with who sent it.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    var caller: Caller?
    let remoteAddress: String

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}

/// Answers as JSON.
enum Answers {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return response(try encoder.encode(value), status: status)
    }

    /// JSON that is encoded already.
    static func bytes(_ json: Data) -> Response { response(json, status: .ok) }

    static func value(_ value: JSON, status: HTTPResponse.Status = .ok) -> Response {
        response(Data(value.text().utf8), status: status)
    }

    /// A file that goes with its folder once it is sent, or the client is gone.
    static func file(_ file: URL, mediaType: String) throws -> Response {
        let handle = try FileHandle(forReadingFrom: file)
        let body = ResponseBody { writer in
            defer { try? FileManager.default.removeItem(at: file.deletingLastPathComponent()) }
            while let chunk = try handle.read(upToCount: 262_144), !chunk.isEmpty {
                try await writer.write(ByteBuffer(bytes: chunk))
            }
            try handle.close()
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: mediaType], body: body)
    }

    static func error(_ error: SiteError, status: HTTPResponse.Status) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = (try? encoder.encode(error)) ?? Data(#"{"code":"internal","message":"The answer has no form"}"#.utf8)
        return response(body, status: status)
    }

    private static func response(_ body: Data, status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
