import Foundation
import Testing

/// The server as a container runs it: without root, as process 1, on a root that cannot be written.
@Suite(.serialized) struct ConfinedScenario {
    @Test func serverRunsAJobAsProcessOneOfAReadOnlyRoot() async throws {
        try StagedTree.check()
        let home = FileManager.default.temporaryDirectory.appending(path: "norn-confined-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: home) }

        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/bwrap")
        process.arguments = [
            "--unshare-user", "--unshare-pid", "--uid", "1000", "--gid", "1000", "--as-pid-1", "--die-with-parent",
            "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/run",
            "--bind", home.path, home.path,
            StagedTree.norn.path, "serve", "--home", home.appending(path: "site").path, "--port", "0",
        ]
        process.standardOutput = FileHandle.nullDevice
        let log = home.appending(path: "serve.log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let errors = try FileHandle(forWritingTo: log)
        defer { try? errors.close() }
        process.standardError = errors
        try process.run()
        defer { if process.isRunning { process.terminate() } }

        let siteHome = home.appending(path: "site")
        for _ in 0..<600 where !FileManager.default.fileExists(atPath: siteHome.appending(path: "run/site.json").path) {
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        let examples = StagedTree.examples.path
        let job = try await Program.run(
            StagedTree.norn,
            ["job", "submit", "--dsl", "\(examples)/toy_dsl.json", "--conf", "\(examples)/toy_conf.json", "--watch"],
            environment: ["NORN_HOME": siteHome.path])
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        #expect(job.status == 0, "\(job.errors) \(text.suffix(600))")

        // bwrap has one child, the server: it is asked to end as a container's runtime asks.
        let server = try #require(try await Self.child(of: process.processIdentifier))
        #expect(try await Self.zombies(below: server) == 0, "workers that ended were not reaped")
        kill(server, SIGTERM)
        for _ in 0..<300 where process.isRunning { try await Task.sleep(for: .milliseconds(100)) }
        #expect(!process.isRunning, "the server did not drain on SIGTERM")
        #expect(process.terminationStatus == 0)
    }

    private static func child(of parent: Int32) async throws -> Int32? {
        let listed = try await Program.run(URL(filePath: "/usr/bin/env"), ["ps", "-o", "pid=", "--ppid", "\(parent)"])
        return listed.output.split(whereSeparator: \.isWhitespace).first.flatMap { Int32($0) }
    }

    private static func zombies(below parent: Int32) async throws -> Int {
        let listed = try await Program.run(URL(filePath: "/usr/bin/env"), ["ps", "-o", "stat=", "--ppid", "\(parent)"])
        return listed.output.split(separator: "\n").filter { $0.contains("Z") }.count
    }
}
