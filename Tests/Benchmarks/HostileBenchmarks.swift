import Foundation
import NIOHTTP1

/// What ten jobs of a site take beside a plugin that does what none may, against the same ten alone.
struct HostileBenchmarks {
    static let jobsAtOnce = 10
    static let runs = 5
    static let ratioMaximum = 1.5
    /// A job that ends with none of its own is stopped by its task's time, in seconds.
    static let taskTimeout = 5

    static let deeds = [
        "segfault", "abort", "loop", "leak", "sockets", "writes", "processes", "threads", "channel", "batch",
        "undeclared", "flood_log", "flood_metrics", "flood_prints", "flood_messages",
    ]

    let stage: URL
    /// Where the test plugins were built.
    let programs: URL

    func run() async throws -> [Measurement] {
        let site = try SiteProcess(stage: stage, settings: "quarantine: {crashes: 0}\n") { home in try add(to: home) }
        defer { site.end() }
        // The first ones warm the page cache.
        _ = try await together(site)
        var alone: [Double] = []
        for _ in 0..<Self.runs { alone.append(try await together(site)) }
        let base = Measurement("ten toy jobs, alone", unit: "ms", values: alone)
        var results = [base]
        for deed in Self.deeds {
            var beside: [Double] = []
            for _ in 0..<Self.runs {
                let hostile = try await site.calls.submit(body(try conf(deed), dsl: Self.dsl))
                beside.append(try await together(site))
                try await ended(hostile, site)
            }
            results.append(Measurement("ten toy jobs beside \(deed)", unit: "ms", values: beside))
            let ratio = results[results.count - 1].median / base.median
            results.append(
                Measurement(
                    "ten toy jobs beside \(deed), over those alone", unit: "ratio", values: [ratio],
                    target: .atMost(Self.ratioMaximum)))
        }
        return results
    }

    /// Milliseconds from the first submission of ten jobs to the success of the last.
    private func together(_ site: SiteProcess) async throws -> Double {
        let body = try body(try example("toy_conf.json"), dsl: try example("toy_dsl.json"))
        let start = ContinuousClock.now
        var jobs: [String] = []
        for _ in 0..<Self.jobsAtOnce { jobs.append(try await site.calls.submit(body)) }
        for job in jobs { _ = try await site.calls.success(of: job) }
        return (ContinuousClock.now - start).milliseconds
    }

    private func ended(_ job: String, _ site: SiteProcess) async throws {
        while true {
            let detail = try await site.calls.object(.GET, "/api/jobs/\(job)", nil)
            let status = (detail["summary"] as? [String: Any])?["status"] as? String ?? ""
            guard ["waiting", "running"].contains(status) else {
                guard ["failed", "timeout"].contains(status) else {
                    throw BenchmarkFailure("the hostile job \(job) ended as \(status)")
                }
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private static let dsl = ["components": ["hostile_0": ["module": "Hostile"]]]

    private func conf(_ deed: String) throws -> Any {
        [
            "dsl_version": 2, "initiator": ["role": "guest", "party_id": 9999],
            "role": ["guest": [9999], "host": [10000]],
            "job_parameters": ["common": ["task_timeout": Self.taskTimeout]],
            "component_parameters": ["common": ["hostile_0": ["deed": deed]]],
        ]
    }

    private func body(_ conf: Any, dsl: Any) throws -> Data {
        try JSONSerialization.data(withJSONObject: ["dsl": dsl, "conf": conf])
    }

    private func example(_ name: String) throws -> Any {
        try JSONSerialization.jsonObject(
            with: Data(contentsOf: stage.appending(path: "share/norn/examples/\(name)")))
    }

    /// Adds the plugin to a home as somebody would who trusts it.
    private func add(to home: URL) throws {
        let name = "libnorn_test_hostile.so"
        let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Plugins/Hostile/manifest.json")
        let folder = home.appending(path: "added-plugins/test.hostile")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let library = folder.appending(path: name)
        try FileManager.default.copyItem(at: programs.appending(path: name), to: library)
        let digest = try ProgramBenchmarks.output(of: URL(filePath: "/usr/bin/sha256sum"), [library.path]).prefix(64)
        try String(contentsOf: source, encoding: .utf8).replacing("\"sha256\": \"\"", with: "\"sha256\": \"\(digest)\"")
            .write(to: folder.appending(path: "manifest.json"), atomically: true, encoding: .utf8)
    }
}
