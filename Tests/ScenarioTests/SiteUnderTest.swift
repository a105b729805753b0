import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A real server of the staged tree, with a home of its own that goes with it.
final class SiteUnderTest {
    static let startSecondsMaximum = 180.0
    static let jobSecondsMaximum = 180.0

    let home: URL
    private(set) var process = Process()
    private(set) var address = ""
    private(set) var token = ""
    private var arguments: [String]
    private let tree: URL

    /// - Parameters:
    ///   - arguments: of `norn serve`, besides home and a free port.
    ///   - tree: the installed tree; the staged one unless said.
    ///   - folder: where its home is made.
    ///   - prepare: runs before the server starts, with the home.
    init(
        _ arguments: [String] = [], tree: URL = StagedTree.root,
        in folder: URL = FileManager.default.temporaryDirectory,
        prepare: (URL) async throws -> Void = { _ in }
    ) async throws {
        try StagedTree.check()
        self.tree = tree
        home = folder.appending(path: "norn-scenario-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        self.arguments = arguments
        try await prepare(home)
        try await start()
    }

    /// What the next `start` gives to the server.
    func replaceArguments(_ arguments: [String]) { self.arguments = arguments }

    /// A scenario that fails half-way leaves no server behind.
    deinit {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: home)
    }

    /// Calls go to another scheduler of the site from now on.
    func callAt(_ address: String) { self.address = address }

    /// Starts the server, again after `kill`.
    func start() async throws {
        try? FileManager.default.removeItem(at: home.appending(path: "run/site.json"))
        process = Process()
        process.executableURL = tree.appending(path: "bin/norn")
        process.arguments = ["serve", "--home", home.path, "--port", "0"] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let log = home.appending(path: "serve.log")
        if !FileManager.default.fileExists(atPath: log.path) {
            _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: log)
        defer { try? handle.close() }
        try handle.seekToEnd()
        process.standardError = handle
        try process.runOnceWritten()
        let deadline = Date(timeIntervalSinceNow: Self.startSecondsMaximum)
        while Date() < deadline {
            if let data = try? Data(contentsOf: home.appending(path: "run/site.json")),
                let site = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let address = site["address"] as? String, let file = site["token_file"] as? String,
                let token = try? String(contentsOfFile: file, encoding: .utf8)
            {
                self.address = address
                self.token = token.trimmingCharacters(in: .whitespacesAndNewlines)
                return
            }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        throw ScenarioFailure("the server did not start: \(text.suffix(800))")
    }

    /// Ends the server as an operator does, and deletes its home.
    func end() async {
        if process.isRunning { process.terminate() }
        await waitForExit()
        try? FileManager.default.removeItem(at: home)
    }

    /// Asks the server to end, and gives its exit code.
    func terminate() async -> Int32 {
        process.terminate()
        await waitForExit()
        return process.terminationStatus
    }

    /// Ends the server as a power cut does.
    func kill() async {
        Foundation.kill(process.processIdentifier, SIGKILL)
        await waitForExit()
    }

    private func waitForExit() async {
        while process.isRunning { try? await Task.sleep(for: .milliseconds(10)) }
    }

    // MARK: calls

    /// The command, as a person at this machine runs it.
    func norn(_ arguments: String...) async throws -> Program { try await norn(arguments) }

    func norn(_ arguments: [String]) async throws -> Program {
        try await Program.run(StagedTree.norn, arguments, environment: ["NORN_HOME": home.path])
    }

    struct Answer {
        let status: Int
        let body: Any

        var object: [String: Any] { body as? [String: Any] ?? [:] }
        var list: [[String: Any]] { body as? [[String: Any]] ?? [] }
        var code: String { object["code"] as? String ?? "" }
        var message: String { object["message"] as? String ?? "" }
        var field: String { object["field"] as? String ?? "" }
    }

    func call(
        _ method: HTTPMethod, _ path: String, json: Any? = nil, text: String? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: path.hasPrefix("http://") ? path : address + path)
        request.method = method
        if headers["Authorization"] == nil { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let json {
            request.headers.replaceOrAdd(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: try JSONSerialization.data(withJSONObject: json)))
        } else if let text {
            request.headers.replaceOrAdd(name: "Content-Type", value: "text/csv")
            request.body = .bytes(ByteBuffer(string: text))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        let data = Data((try await response.body.collect(upTo: 64 << 20)).readableBytesView)
        let body =
            (try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed))
            ?? String(decoding: data, as: UTF8.self)
        return Answer(status: Int(response.status.code), body: body)
    }

    /// Sends bytes as they are, with no header but those that are given.
    func send(
        _ method: HTTPMethod, _ path: String, _ body: Data?, headers: [String: String] = [:]
    ) async throws -> (status: Int, data: Data) {
        var request = HTTPClientRequest(url: address + path)
        request.method = method
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        let data = Data((try await response.body.collect(upTo: 64 << 20)).readableBytesView)
        return (Int(response.status.code), data)
    }

    func upload(_ text: String, name: String, party: String) async throws -> Answer {
        try await call(.POST, "/api/tables/example/\(name)?party=\(party)", text: text)
    }

    func upload(example: String, name: String, party: String) async throws {
        let text = try String(contentsOf: StagedTree.examples.appending(path: example), encoding: .utf8)
        let answer = try await upload(text, name: name, party: party)
        guard (200..<300).contains(answer.status) else { throw ScenarioFailure("upload: \(answer.body)") }
    }

    func submit(dsl: Any, conf: Any) async throws -> Answer {
        try await call(.POST, "/api/jobs", json: ["dsl": dsl, "conf": conf])
    }

    /// Submits a job that must be accepted, and gives its id.
    func accepted(dsl: Any, conf: Any) async throws -> String {
        let answer = try await submit(dsl: dsl, conf: conf)
        guard let id = answer.object["job"] as? String else { throw ScenarioFailure("not accepted: \(answer.body)") }
        return id
    }

    /// Waits until the job has ended, and gives it as the API shows it.
    func ended(_ job: String) async throws -> JobAnswer {
        try await awaited(job) { !["waiting", "running"].contains($0.status) }
    }

    /// Waits until the job is as `condition` says.
    func job(_ job: String, until condition: (JobAnswer) -> Bool) async throws -> JobAnswer {
        try await awaited(job, condition)
    }

    private func awaited(_ job: String, _ condition: (JobAnswer) -> Bool) async throws -> JobAnswer {
        let deadline = Date(timeIntervalSinceNow: Self.jobSecondsMaximum)
        var last: JobAnswer?
        while Date() < deadline {
            let answer = JobAnswer(object: try await call(.GET, "/api/jobs/\(job)").object)
            if condition(answer) { return answer }
            last = answer
            try await Task.sleep(for: .milliseconds(30))
        }
        throw ScenarioFailure("job \(job) did not come so far: \(last?.object ?? [:])")
    }
}

/// A job as `/api/jobs/{job}` shows it.
struct JobAnswer {
    let object: [String: Any]

    var summary: [String: Any] { object["summary"] as? [String: Any] ?? [:] }
    var status: String { summary["status"] as? String ?? "" }
    var failure: [String: Any] { summary["failure"] as? [String: Any] ?? [:] }
    var tasks: [[String: Any]] { object["tasks"] as? [[String: Any]] ?? [] }
    var attempts: [[String: Any]] { object["attempts"] as? [[String: Any]] ?? [] }

    func attempts(of task: String) -> [[String: Any]] { attempts.filter { $0["task"] as? String == task } }

    /// The summary that a task's component gave at a party of this role.
    func summary(of task: String, role: String) -> [String: Any] {
        tracked("summaries", task, role).last?["value"] as? [String: Any] ?? [:]
    }

    /// The points of a metric, over all its appends.
    func points(_ name: String, of task: String, role: String) -> [[Any]] {
        tracked("metrics", task, role).compactMap { $0["value"] as? [String: Any] }
            .filter { $0["name"] as? String == name }
            .flatMap { $0["points"] as? [[Any]] ?? [] }
    }

    private func tracked(_ kind: String, _ task: String, _ role: String) -> [[String: Any]] {
        (object[kind] as? [[String: Any]] ?? []).filter {
            $0["task"] as? String == task && $0["role"] as? String == role
        }
    }
}

extension Process {
    /// Runs a program that may just have been copied: a child that another test forks meanwhile holds the copy open for
    /// writing until it executes its own program, and Linux runs no file that is open so.
    fileprivate func runOnceWritten() throws {
        for _ in 0..<50 {
            do {
                return try run()
            } catch {
                guard String(describing: error).contains(String(cString: strerror(ETXTBSY))) else { throw error }
                Thread.sleep(forTimeInterval: 0.1)
            }
        }
        try run()
    }
}
