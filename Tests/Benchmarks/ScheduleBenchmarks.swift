import Foundation

/// How soon a job of three sites begins and goes on; what idle sites cost.
struct ScheduleBenchmarks {
    static let submissions = 100
    static let chains = 10
    static let tasksOfChain = 10
    /// Rows of the table that a task hands to the next one.
    static let rows = 1000
    static let toys = 20
    static let toyRuns = 5
    static let idleSeconds = 20

    let stage: URL

    func run() async throws -> [Measurement] {
        let sites = try await ThreeSites(stage: stage)
        defer { sites.end() }
        // The first one meets the peers and warms the page cache.
        _ = try await sites.guest.calls.success(of: sites.guest.calls.submit(Relay.submission(tasks: 2, parties: 3)))
        var results: [Measurement] = []
        for parties in [3, 2, 1] { results += try await submitToEntry(sites, parties: parties) }
        results += try await hops(sites)
        results.append(try await toysAtOnce(sites))
        return results + (try await idle(sites))
    }

    /// From the request until the first component of the job is entered, by the wall clock that all share.
    private func submitToEntry(_ sites: ThreeSites, parties: Int) async throws -> [Measurement] {
        let body = try Relay.submission(tasks: 1, parties: parties)
        var values: [Double] = []
        for _ in 0..<Self.submissions {
            let sent = Date().timeIntervalSince1970 * 1000
            let job = try await sites.guest.calls.submit(body)
            _ = try await sites.guest.calls.success(of: job, pollMilliseconds: 50)
            let times = try TaskTimes(try await sites.log(of: job, parties: parties))
            guard let entered = times.firstEntry("relay_0") else { throw BenchmarkFailure("no entry of \(job)") }
            values.append(entered - sent)
        }
        let name = "submit to first component entry, \(parties) part\(parties == 1 ? "y" : "ies"), as many sites"
        return [
            Measurement("\(name): p50", unit: "ms", values: values, target: .atMost(20)),
            Measurement("\(name): p99", unit: "ms", values: [values.percentile(0.99)], target: .atMost(100)),
        ]
    }

    /// From the return of one component until the next one is entered at all parties, with a durable table between.
    private func hops(_ sites: ThreeSites) async throws -> [Measurement] {
        try await [3, 1].asyncMap { parties in
            var values: [Double] = []
            let body = try Relay.submission(tasks: Self.tasksOfChain, parties: parties, rows: Self.rows)
            for _ in 0..<Self.chains {
                let job = try await sites.guest.calls.submit(body)
                // Seldom: looking takes of the processors that the tasks need.
                let detail = try await sites.guest.calls.success(of: job, pollMilliseconds: 100)
                let times = try TaskTimes(try await sites.log(of: job, parties: parties))
                values += times.hops(detail["tasks"] as? [[String: Any]] ?? [])
            }
            return Measurement(
                "hop between tasks, C component, \(Self.rows) rows handed on, \(parties) sites", unit: "ms",
                values: values, target: .atMost(15))
        }
    }

    private func toysAtOnce(_ sites: ThreeSites) async throws -> Measurement {
        let examples = stage.appending(path: "share/norn/examples")
        let body = try JSONSerialization.data(withJSONObject: [
            "dsl": try JSONSerialization.jsonObject(with: Data(contentsOf: examples.appending(path: "toy_dsl.json"))),
            "conf": try JSONSerialization.jsonObject(with: Data(contentsOf: examples.appending(path: "toy_conf.json"))),
        ])
        let calls = sites.guest.calls
        var seconds: [Double] = []
        for _ in 0..<Self.toyRuns {
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.toys {
                    group.addTask { _ = try await calls.success(of: calls.submit(body), pollMilliseconds: 20) }
                }
                try await group.waitForAll()
            }
            seconds.append((ContinuousClock.now - start).milliseconds / 1000)
        }
        return Measurement(
            "\(Self.toys) toys of two sites submitted at once, all done", unit: "s", values: seconds,
            target: .atMost(2))
    }

    private func idle(_ sites: ThreeSites) async throws -> [Measurement] {
        try await Task.sleep(for: .seconds(2))
        let before = try sites.sites.map { try $0.processorSeconds() }
        try await Task.sleep(for: .seconds(Self.idleSeconds))
        let used = try zip(sites.sites, before).map { try $0.processorSeconds() - $1 }
        return [
            Measurement(
                "idle site, share of a core", unit: "%", values: used.map { $0 / Double(Self.idleSeconds) * 100 },
                target: .atMost(1)),
            Measurement(
                "site after these jobs: resident memory", unit: "MB",
                values: try sites.sites.map { try $0.residentMegabytes() }),
        ]
    }
}

extension [Double] {
    /// The smallest value that is not below the given part of all.
    func percentile(_ part: Double) -> Double {
        guard !isEmpty else { return .nan }
        return sorted()[Swift.max(0, Int((part * Double(count)).rounded(.up)) - 1)]
    }
}

extension Sequence {
    func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
