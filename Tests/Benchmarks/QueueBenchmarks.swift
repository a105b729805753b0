import Foundation
import NIOHTTP1

/// Many jobs at once: how many get through in a second, and what submissions and queries take behind them.
struct QueueBenchmarks {
    static let jobs = count("NORN_BENCH_JOBS") ?? 1000
    static let submittersAtOnce = 8
    static let running = 100
    static let queued = count("NORN_BENCH_QUEUED") ?? 10_000
    static let probes = 200
    /// Longer than the benchmark takes.
    static let longMilliseconds = 3_600_000

    /// Smaller numbers, for a look while one works.
    private static func count(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }

    let stage: URL

    func run() async throws -> [Measurement] {
        try await throughput(parties: 1, target: .atLeast(150)) + throughput(parties: 3, target: .atLeast(50))
            + longQueue()
    }

    private func throughput(parties: Int, target: Target) async throws -> [Measurement] {
        let sites = try await ThreeSites(stage: stage, settings: "jobs:\n  live_jobs: \(Self.jobs + 10)\n")
        defer { sites.end() }
        let calls = sites.guest.calls
        _ = try await calls.success(of: calls.submit(Relay.submission(tasks: 1, parties: parties)))
        let before = try sites.sites.map { try $0.used() }
        let start = ContinuousClock.now
        let jobs = try await submit(
            Self.jobs, Relay.submission(tasks: 1, parties: parties), calls, atOnce: Self.submittersAtOnce)
        for job in jobs { _ = try await calls.success(of: job, pollMilliseconds: 50) }
        let seconds = (ContinuousClock.now - start).milliseconds / 1000
        let used = try zip(sites.sites, before).map { site, before in
            let after = try site.used()
            return SiteProcess.Used(
                server: after.server - before.server, workers: after.workers - before.workers)
        }
        let name =
            "\(Self.jobs) queued one-task jobs, \(parties) part\(parties == 1 ? "y" : "ies at as many sites")"
        return [
            Measurement(name, unit: "jobs/s", values: [Double(Self.jobs) / seconds], target: target),
            Measurement(
                "\(name): processor time of the sites, per job", unit: "ms",
                values: [used.map(\.server).reduce(0, +) / Double(Self.jobs) * 1000]),
            Measurement(
                "\(name): processor time of their workers, per job", unit: "ms",
                values: [used.map(\.workers).reduce(0, +) / Double(Self.jobs) * 1000]),
        ]
    }

    private func submit(_ count: Int, _ body: Data, _ calls: SiteCalls, atOnce: Int) async throws -> [String] {
        try await withThrowingTaskGroup(of: [String].self) { group in
            for submitter in 0..<atOnce {
                group.addTask {
                    try await stride(from: submitter, to: count, by: atOnce).asyncMap { _ in
                        try await calls.submit(body)
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }.sorted()
        }
    }

    /// One site with as many cores lent as jobs run; the others queue.
    private func longQueue() async throws -> [Measurement] {
        let settings = """
            jobs:
              live_jobs: \(Self.queued + Self.running + Self.probes + 10)
            resources:
              cores: \(Self.running)
              attempts_per_core: 1
              attempts_at_once: \(Self.running)
            """
        let site = try SiteProcess(stage: stage, arguments: ["--parties", "9999"], settings: settings) {
            try Relay.add(to: $0)
        }
        defer { site.kill() }
        let body = try Relay.submission(tasks: 1, parties: 1, milliseconds: Self.longMilliseconds)
        _ = try await submit(Self.running, body, site.calls, atOnce: 4)
        let start = ContinuousClock.now
        let queued = try await submit(Self.queued, body, site.calls, atOnce: Self.submittersAtOnce)
        let rate = Double(Self.queued) / ((ContinuousClock.now - start).milliseconds / 1000)
        try await Task.sleep(for: .seconds(1))
        let submits = try await probe { _ = try await site.calls.submit(body) }
        let queries = try await probe {
            _ = try await site.calls.object(.GET, "/api/jobs/\(queued[queued.count / 2])", nil)
        }
        let lists = try await probe { _ = try await site.calls.call(.GET, "/api/jobs?limit=20", nil) }
        let name = "\(Self.queued) jobs queued, \(Self.running) running"
        return [
            Measurement("\(name): submissions while they queue", unit: "jobs/s", values: [rate]),
            Measurement("\(name): submit", unit: "ms", values: submits),
            Measurement(
                "\(name): submit, p99", unit: "ms", values: [submits.percentile(0.99)], target: .atMost(20)),
            Measurement("\(name): query", unit: "ms", values: queries),
            Measurement("\(name): query, p99", unit: "ms", values: [queries.percentile(0.99)], target: .atMost(20)),
            Measurement("\(name): list of 20, p99", unit: "ms", values: [lists.percentile(0.99)], target: .atMost(20)),
            Measurement("\(name): resident memory", unit: "MB", values: [try site.residentMegabytes()]),
        ]
    }

    private func probe(_ work: () async throws -> Void) async throws -> [Double] {
        var values: [Double] = []
        for _ in 0..<Self.probes {
            let start = ContinuousClock.now
            try await work()
            values.append((ContinuousClock.now - start).milliseconds)
        }
        return values
    }
}
