import Foundation

/// What a job costs through a real server and its workers, all parties on one site.
struct SiteBenchmarks {
    static let toyRuns = 20
    static let regressionRuns = 5
    static let idleSeconds = 2

    let stage: URL

    func run() async throws -> [Measurement] {
        let site = try SiteProcess(stage: stage)
        defer { site.end() }
        try await Task.sleep(for: .seconds(Self.idleSeconds))
        var results = [
            Measurement(
                "server, idle: resident memory", unit: "MB", values: [try site.residentMegabytes()],
                target: .atMost(60))
        ]
        results += try await toy(site)
        results += try await regression(site)
        results.append(
            Measurement("server, after these jobs: resident memory", unit: "MB", values: [try site.residentMegabytes()])
        )
        return results
    }

    private func toy(_ site: SiteProcess) async throws -> [Measurement] {
        let dsl = try example("toy_dsl.json")
        let conf = try example("toy_conf.json")
        // The first one warms the page cache.
        _ = try await site.calls.run(dsl: dsl, conf: conf)
        var milliseconds: [Double] = []
        var attempts = AttemptFigures()
        for _ in 0..<Self.toyRuns {
            let (job, time) = try await site.calls.run(dsl: dsl, conf: conf)
            milliseconds.append(time)
            attempts.add(job)
        }
        let name = "toy, 2 parties"
        return [
            Measurement("\(name): submit to success", unit: "ms", values: milliseconds, target: .atMost(100)),
            Measurement("\(name): processor time of both workers", unit: "ms", values: attempts.milliseconds),
        ]
            + attempts.peaks.sorted { $0.key < $1.key }.map {
                Measurement("\(name): peak memory of a worker, \($0.key)", unit: "MB", values: $0.value)
            }
    }

    /// FATE's benchmark of this data: 10 epochs, batches of 300, Paillier-2048, three parties.
    private func regression(_ site: SiteProcess) async throws -> [Measurement] {
        let examples = stage.appending(path: "share/norn/examples")
        try await site.calls.upload(examples.appending(path: "breast_guest.csv"), name: "breast_guest", party: "9999")
        try await site.calls.upload(examples.appending(path: "breast_host.csv"), name: "breast_host", party: "10000")
        let dsl = try example("breast_lr_dsl.json")
        let conf = try benchmarkConf()
        let lr = "hetero_lr_0"
        var wall: [Double] = []
        var whole: [Double] = []
        var hops: [Double] = []
        var attempts = AttemptFigures()
        for _ in 0..<Self.regressionRuns {
            let (job, milliseconds) = try await site.calls.run(dsl: dsl, conf: conf)
            whole.append(milliseconds / 1000)
            let times = try TaskTimes(try await site.calls.log(of: job))
            guard let time = times.milliseconds(lr) else {
                throw BenchmarkFailure("the job's log shows no times of \(lr)")
            }
            wall.append(time / 1000)
            attempts.add(job, task: lr)
            hops += times.hops(job["tasks"] as? [[String: Any]] ?? [])
        }
        let name = "breast LR, 3 parties, 10 epochs, batch 300, Paillier-2048"
        let limits: [String: Target] = ["host": .atMost(6), "guest": .atMost(5)]
        return [
            Measurement(
                "hop between tasks, 2 and 3 parties: component to component", unit: "ms", values: hops,
                target: .atMost(30)),
            Measurement("\(name): wall", unit: "s", values: wall, target: .atMost(8)),
            Measurement("\(name): wall, all 5 tasks", unit: "s", values: whole),
        ]
            + attempts.seconds.sorted { $0.key < $1.key }.map {
                Measurement("\(name): \($0.key)", unit: "CPU-s", values: $0.value, target: limits[$0.key])
            }
            + attempts.peaks.sorted { $0.key < $1.key }.map {
                Measurement("\(name): peak memory, \($0.key)", unit: "MB", values: $0.value)
            }
    }

    private func benchmarkConf() throws -> Any {
        guard var conf = try example("breast_lr_conf.json") as? [String: Any],
            var parameters = conf["component_parameters"] as? [String: Any],
            var common = parameters["common"] as? [String: Any],
            var regression = common["hetero_lr_0"] as? [String: Any]
        else { throw BenchmarkFailure("the example's conf has no hetero_lr_0") }
        regression["max_iter"] = 10
        regression["batch_size"] = 300
        regression["tol"] = 0
        regression["encrypt_param"] = ["key_length": 2048]
        common["hetero_lr_0"] = regression
        parameters["common"] = common
        conf["component_parameters"] = parameters
        return conf
    }

    private func example(_ name: String) throws -> Any {
        try JSONSerialization.jsonObject(
            with: Data(contentsOf: stage.appending(path: "share/norn/examples/\(name)")))
    }
}
