import Foundation
import NIOHTTP1
import Testing

/// A plugin that does what none may, on a site with ten other jobs: those succeed, it fails alone, and the report says
/// what it did.
@Suite(.serialized) struct HostileScenarios {
    static let otherJobs = 10

    /// What a deed's job has to end with.
    struct Deed: Sendable {
        let name: String
        var status = "failed"
        var code = "component_failed"
        /// One of these stands in the report.
        let says: [String]
        var taskTimeoutSeconds: Int?
        /// It runs until somebody stops it.
        var isStopped = false
    }

    static let deeds = [
        Deed(name: "segfault", code: "worker_crashed", says: ["SIGSEGV while running"]),
        Deed(name: "abort", code: "worker_crashed", says: ["SIGABRT while running"]),
        Deed(name: "loop", status: "timeout", code: "task_timeout", says: ["was killed"], taskTimeoutSeconds: 2),
        Deed(name: "ignore_cancel", status: "canceled", code: "stopped", says: ["was killed"], isStopped: true),
        Deed(name: "leak", code: "worker_crashed", says: ["were reserved"]),
        Deed(name: "sockets", says: ["it tried what a component may not: socket, socketpair"]),
        Deed(name: "writes", says: ["nothing was written elsewhere"]),
        Deed(name: "processes", says: ["no process was made"]),
        Deed(name: "threads", says: ["threads were made: Resource temporarily unavailable"]),
        Deed(name: "channel", says: ["broke the channel's protocol and was killed"]),
        Deed(name: "batch", says: ["descending offsets"]),
        Deed(name: "undeclared", says: ["Hostile sent a message secret to host, which its manifest does not declare"]),
        Deed(name: "oversized", says: ["greeting of 1000 bytes, and its manifest declares at most 64"]),
        Deed(name: "flood_log", says: ["flooded the site with log lines"]),
        Deed(name: "flood_metrics", says: ["flooded the site with log lines, metrics"]),
        Deed(name: "flood_prints", says: ["it printed more than 256 MiB"]),
        Deed(name: "flood_messages", says: ["flooded the site with refused calls"]),
    ]

    @Test func theHostileOneFailsAlone() async throws {
        let site = try await SiteUnderTest { home in
            try HostilePlugin.add(to: home)
            try Data("quarantine: {crashes: 0}\n".utf8).write(to: home.appending(path: "site.yaml"))
        }
        let secret = site.home.appending(path: "site-secret")
        try Data("before".utf8).write(to: secret)
        for deed in Self.deeds {
            let (dsl, conf) = try CrashScenarios.toy(rows: 100)
            var others: [String] = []
            for _ in 0..<Self.otherJobs / 2 { others.append(try await site.accepted(dsl: dsl, conf: conf)) }
            let hostile = try await site.accepted(
                dsl: HostilePlugin.dsl, conf: HostilePlugin.conf(deed, place: secret.path))
            for _ in 0..<Self.otherJobs / 2 { others.append(try await site.accepted(dsl: dsl, conf: conf)) }
            for job in others {
                let end = try await site.ended(job)
                #expect(end.status == "success", "beside \(deed.name): \(end.object)")
            }
            if deed.isStopped {
                _ = try await site.workers(of: hostile, task: "hostile_0", parties: ["guest_9999"])
                #expect(try await site.norn("job", "stop", hostile).status == 0)
            }
            let end = try await site.ended(hostile)
            #expect(end.status == deed.status, "\(deed.name): \(end.object)")
            let report = try await Self.report(of: hostile, end, site)
            #expect(report.code == deed.code, "\(deed.name): \(report)")
            #expect(deed.says.contains { report.message.contains($0) }, "\(deed.name): \(report)")
            try await site.workersGone(of: hostile)
        }
        #expect(try String(contentsOf: secret, encoding: .utf8) == "before")
        // The site holds nothing, and runs the plugin's harmless sides as before: one that does nothing, and one that
        // tells of a million rows how far it is.
        try await site.nothingHeld()
        for name in ["", "eager"] {
            let harmless = try await site.accepted(
                dsl: HostilePlugin.dsl, conf: HostilePlugin.conf(Deed(name: name, says: []), place: ""))
            #expect(try await site.ended(harmless).status == "success")
        }
        await site.end()
    }

    /// What the attempt at the guest says; the job itself may only say that it was stopped.
    private static func report(
        of job: String, _ end: JobAnswer, _ site: SiteUnderTest
    ) async throws -> (code: String, message: String) {
        let failures = end.attempts(of: "hostile_0").compactMap { attempt -> [String: Any]? in
            attempt["role"] as? String == "guest" ? attempt["failure"] as? [String: Any] : nil
        }
        let failure = failures.first ?? end.failure
        return (failure["code"] as? String ?? "", failure["message"] as? String ?? "")
    }
}

/// The hostile plugin, as somebody adds it to a site.
enum HostilePlugin {
    private static let library = "libnorn_test_hostile.so"

    static func add(to home: URL) throws {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let built = URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
        let candidates = [built, root.appending(path: ".build/debug")].map { $0.appending(path: library) }
        guard let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
            throw ScenarioFailure("\(library) is in none of \(candidates): run make build")
        }
        let folder = home.appending(path: "added-plugins/test.hostile")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: found, to: folder.appending(path: library))
        let digest = try digest(of: found)
        let manifest = try String(
            contentsOf: root.appending(path: "Tests/Plugins/Hostile/manifest.json"), encoding: .utf8)
        try manifest.replacing("\"sha256\": \"\"", with: "\"sha256\": \"\(digest)\"")
            .write(to: folder.appending(path: "manifest.json"), atomically: true, encoding: .utf8)
    }

    static func digest(of file: URL) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sha256sum", file.path]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return String(text.prefix(64))
    }

    static var dsl: [String: Any] { ["components": ["hostile_0": ["module": "Hostile"]]] }

    static func conf(_ deed: HostileScenarios.Deed, place: String) -> [String: Any] {
        var common: [String: Any] = [:]
        if let seconds = deed.taskTimeoutSeconds { common["task_timeout"] = seconds }
        return [
            "dsl_version": 2, "initiator": ["role": "guest", "party_id": 9999],
            "role": ["guest": [9999], "host": [10000]], "job_parameters": ["common": common],
            "component_parameters": ["common": ["hostile_0": ["deed": deed.name, "place": place]]],
        ]
    }
}
