import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A site of the staged tree, with a home of its own that goes with it.
final class SiteProcess {
    static let startSecondsMaximum = 20.0
    static let answerBytesMaximum = 64 << 20

    let process = Process()
    let home: URL
    let stage: URL
    private(set) var address = ""
    private var token = ""

    init(stage: URL) throws {
        self.stage = stage
        home = FileManager.default.temporaryDirectory.appending(path: "norn-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        process.executableURL = stage.appending(path: "bin/norn")
        process.arguments = ["serve", "--home", home.path, "--port", "0"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try waitUntilServing()
    }

    func end() {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: home)
    }

    /// Memory of the server that is in use, in megabytes.
    func residentMegabytes() throws -> Double {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(separator: " ").compactMap({ Double($0) }).first
        else { throw BenchmarkFailure("no VmRSS of the server") }
        return kilobytes / 1024
    }

    func upload(_ file: URL, name: String, party: String) async throws {
        let content = try Data(contentsOf: file)
        _ = try await call(.POST, "/api/tables/example/\(name)?party=\(party)", content, type: "text/csv")
    }

    /// Submits a job and waits until it succeeds.
    /// - Returns: the job as the API shows it, and the milliseconds from the request to the answer that says success.
    func run(dsl: Any, conf: Any) async throws -> (job: [String: Any], milliseconds: Double) {
        let body = try JSONSerialization.data(withJSONObject: ["dsl": dsl, "conf": conf])
        let start = ContinuousClock.now
        let submitted = try await object(.POST, "/api/jobs", body)
        guard let id = submitted["job"] as? String else { throw BenchmarkFailure("the submission has no job id") }
        while true {
            let detail = try await object(.GET, "/api/jobs/\(id)", nil)
            let status = (detail["summary"] as? [String: Any])?["status"] as? String ?? ""
            if status == "success" {
                return (
                    detail,
                    Double((ContinuousClock.now - start).components.attoseconds) / 1e15
                        + Double((ContinuousClock.now - start).components.seconds) * 1000
                )
            }
            guard ["waiting", "running"].contains(status) else {
                throw BenchmarkFailure("job \(id) ended as \(status): \(detail["summary"] ?? "")")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// The lines that a job's attempts logged, phases included.
    func log(of job: [String: Any]) async throws -> [[String: Any]] {
        guard let id = (job["summary"] as? [String: Any])?["job"] as? String else {
            throw BenchmarkFailure("the job has no id")
        }
        let answer = try await object(.GET, "/api/jobs/\(id)/logs?level=debug", nil)
        return answer["lines"] as? [[String: Any]] ?? []
    }

    private func object(_ method: HTTPMethod, _ path: String, _ body: Data?) async throws -> [String: Any] {
        let data = try await call(method, path, body, type: "application/json")
        guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw BenchmarkFailure("\(path) answered with no object")
        }
        return object
    }

    private func call(_ method: HTTPMethod, _ path: String, _ body: Data?, type: String) async throws -> Data {
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

    private func waitUntilServing() throws {
        let file = home.appending(path: "run/site.json")
        let deadline = Date(timeIntervalSinceNow: Self.startSecondsMaximum)
        while Date() < deadline {
            if let data = try? Data(contentsOf: file),
                let site = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let address = site["address"] as? String, let tokenFile = site["token_file"] as? String,
                let token = try? String(contentsOfFile: tokenFile, encoding: .utf8)
            {
                self.address = address
                self.token = token.trimmingCharacters(in: .whitespacesAndNewlines)
                return
            }
            guard process.isRunning else { throw BenchmarkFailure("the server ended while it started") }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw BenchmarkFailure("the server did not start in \(Self.startSecondsMaximum) s")
    }
}
