import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Calls of a site's API with its local token.
struct SiteCalls: Sendable {
    static let answerBytesMaximum = 64 << 20
    /// Between two looks at a job whose end is waited for.
    static let pollMilliseconds = 2

    let address: String
    let token: String

    func upload(_ file: URL, name: String, party: String) async throws {
        let content = try Data(contentsOf: file)
        _ = try await call(.POST, "/api/tables/example/\(name)?party=\(party)", content, type: "text/csv")
    }

    /// Submits a job.
    /// - Parameter body: JSON of its DSL and conf.
    /// - Returns: its id.
    func submit(_ body: Data) async throws -> String {
        guard let id = try await object(.POST, "/api/jobs", body)["job"] as? String else {
            throw BenchmarkFailure("the submission has no job id")
        }
        return id
    }

    /// Submits a job and waits until it succeeds.
    /// - Returns: the job as the API shows it, and the milliseconds from the request to the answer that says success.
    func run(dsl: Any, conf: Any) async throws -> (job: [String: Any], milliseconds: Double) {
        let body = try JSONSerialization.data(withJSONObject: ["dsl": dsl, "conf": conf])
        let start = ContinuousClock.now
        let detail = try await success(of: try await submit(body))
        return (detail, (ContinuousClock.now - start).milliseconds)
    }

    /// Waits until a job succeeds.
    func success(of id: String, pollMilliseconds: Int = pollMilliseconds) async throws -> [String: Any] {
        while true {
            let detail = try await object(.GET, "/api/jobs/\(id)", nil)
            let status = (detail["summary"] as? [String: Any])?["status"] as? String ?? ""
            if status == "success" { return detail }
            guard ["waiting", "running"].contains(status) else {
                throw BenchmarkFailure("job \(id) ended as \(status): \(detail["summary"] ?? "")")
            }
            try await Task.sleep(for: .milliseconds(pollMilliseconds))
        }
    }

    /// The lines that a job's attempts logged, phases included.
    func log(of job: [String: Any]) async throws -> [[String: Any]] {
        guard let id = (job["summary"] as? [String: Any])?["job"] as? String else {
            throw BenchmarkFailure("the job has no id")
        }
        return try await log(of: id)
    }

    func log(of id: String) async throws -> [[String: Any]] {
        let answer = try await object(.GET, "/api/jobs/\(id)/logs?level=debug", nil)
        return answer["lines"] as? [[String: Any]] ?? []
    }

    func object(_ method: HTTPMethod, _ path: String, _ body: Data?) async throws -> [String: Any] {
        let data = try await call(method, path, body, type: "application/json")
        guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw BenchmarkFailure("\(path) answered with no object")
        }
        return object
    }

    @discardableResult
    func call(_ method: HTTPMethod, _ path: String, _ body: Data?, type: String = "") async throws -> Data {
        var request = HTTPClientRequest(url: address + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let body {
            request.headers.add(name: "Content-Type", value: type)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        let answer = Data((try await response.body.collect(upTo: Self.answerBytesMaximum)).readableBytesView)
        guard (200..<300).contains(Int(response.status.code)) else {
            throw BenchmarkFailure(
                "\(path): \(response.status.code) \(String(decoding: answer.prefix(400), as: UTF8.self))")
        }
        return answer
    }
}

extension Duration {
    var milliseconds: Double { Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15 }
}
