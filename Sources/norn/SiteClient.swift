import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NornManifest
import NornSite

/// How a command finds its server: `--server`, `NORN_SERVER`, `<home>/run/site.json`, `127.0.0.1:9380`.
struct ServerOptions: ParsableArguments {
    @Option(help: "Address of the server, such as http://127.0.0.1:9380.")
    var server: String?

    @Option(help: "File that holds the token; NORN_TOKEN may hold the token itself.")
    var tokenFile: String?

    @Option(help: "Home of the site, to find a server of this machine.")
    var home: String?

    @Flag(help: "Print JSON.")
    var json = false

    var siteHome: SiteHome { home.map { SiteHome(root: URL(filePath: $0)) } ?? .standard() }

    func client() throws -> SiteClient {
        let environment = ProcessInfo.processInfo.environment
        let local = SiteFile.read(siteHome)
        let address = server ?? environment["NORN_SERVER"] ?? local?.address ?? "http://127.0.0.1:9380"
        var token = environment["NORN_TOKEN"]
        let isLocal = local.map { $0.address == Self.normal(address) } ?? false
        if let file = tokenFile ?? (token == nil && isLocal ? local?.tokenFile : nil) {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw SiteError(
                    "token_file_not_read", "The token file \(file) cannot be read",
                    hint: "It belongs to who runs the site")
            }
            token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        return SiteClient(address: Self.normal(address), token: token)
    }

    private static func normal(_ address: String) -> String {
        let text = address.contains("://") ? address : "http://" + address
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}

/// Calls of one site's API.
struct SiteClient: Sendable {
    static let timeoutSeconds: Int64 = 60
    static let uploadTimeoutSeconds: Int64 = 86_400
    static let answerBytesMaximum = 256 * 1024 * 1024

    var address: String
    var token: String?

    func request(_ method: HTTPMethod, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address + path)
        request.method = method
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        return request
    }

    /// A path with each of its parts escaped.
    static func path(_ parts: String..., query: [String: String?] = [:]) -> String { path(parts, query: query) }

    static func path(_ parts: [String], query: [String: String?] = [:]) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        func escape(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text }
        let path = "/api/" + parts.map(escape).joined(separator: "/")
        let pairs = query.compactMap { name, value in value.map { "\(name)=\(escape($0))" } }.sorted()
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }

    /// Sends a request; an answer that is no success is thrown as the site's own error.
    func send(_ request: HTTPClientRequest, seconds: Int64 = timeoutSeconds) async throws -> HTTPClientResponse {
        let response: HTTPClientResponse
        do {
            response = try await HTTPClient.shared.execute(request, timeout: .seconds(seconds))
        } catch let error as CancellationError {
            throw error
        } catch {
            throw SiteError(
                "unreachable", "No server answers at \(address)",
                hint: "Start one with norn serve, or name it with --server (\(String("\(error)".prefix(120))))")
        }
        guard (200..<300).contains(Int(response.status.code)) else {
            let body = try await response.body.collect(upTo: 1_048_576)
            if let error = try? JSONDecoder().decode(SiteError.self, from: Data(body.readableBytesView)) { throw error }
            throw SiteError("unexpected_answer", "\(address) answered with status \(response.status.code)")
        }
        return response
    }

    func data(
        _ method: HTTPMethod, _ path: String, body: JSON? = nil, headers: [String: String] = [:]
    ) async throws -> Data {
        var request = request(method, path)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body.text()))
        }
        let response = try await send(request)
        let buffer = try await response.body.collect(upTo: Self.answerBytesMaximum)
        return Data(buffer.readableBytesView)
    }

    func get<Value: Decodable>(_ type: Value.Type, _ path: String) async throws -> Value {
        try decode(type, try await data(.GET, path))
    }

    func call<Value: Decodable>(
        _ type: Value.Type, _ method: HTTPMethod, _ path: String, body: JSON? = nil, headers: [String: String] = [:]
    ) async throws -> Value {
        try decode(type, try await data(method, path, body: body, headers: headers))
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ data: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw SiteError(
                "unexpected_answer", "\(address) answered in a form that this release does not know",
                hint: "Use the norn command of the server's release")
        }
    }
}
