import Foundation

/// What a job costs through a real server and its workers, all parties on one site.
struct SiteBenchmarks {
    static let toyRuns = 20
    static let regressionRuns = 3

    let stage: URL

    func run() async throws -> [Measurement] {
        let site = try SiteProcess(stage: stage)
        defer { site.end() }
        try await Task.sleep(for: .seconds(2))
        var results = [Measurement("server, idle: resident memory", unit: "MB", values: [try site.residentMegabytes()])]
        results += try await toy(site)
        results += try await regression(site)
        return results
    }

    private func toy(_ site: SiteProcess) async throws -> [Measurement] {
        let dsl = try example("toy_dsl.json")
        let conf = try example("toy_conf.json")
        _ = try await site.run(dsl: dsl, conf: conf)
        var milliseconds: [Double] = []
        for _ in 0..<Self.toyRuns { milliseconds.append(try await site.run(dsl: dsl, conf: conf).milliseconds) }
        return [Measurement("toy, 2 parties: submit to success", unit: "ms", values: milliseconds)]
    }

    /// FATE's benchmark of this data: 10 epochs, batches of 300, Paillier-2048, three parties.
    private func regression(_ site: SiteProcess) async throws -> [Measurement] {
        let examples = stage.appending(path: "share/norn/examples")
        try await site.upload(examples.appending(path: "breast_guest.csv"), name: "breast_guest", party: "9999")
        try await site.upload(examples.appending(path: "breast_host.csv"), name: "breast_host", party: "10000")
        let dsl = try example("breast_lr_dsl.json")
        let conf = try benchmarkConf()
        var wall: [Double] = []
        var processor: [String: [Double]] = [:]
        var hops: [Double] = []
        for _ in 0..<Self.regressionRuns {
            let (job, _) = try await site.run(dsl: dsl, conf: conf)
            let tasks = job["tasks"] as? [[String: Any]] ?? []
            guard let task = tasks.first(where: { $0["task"] as? String == "hetero_lr_0" }),
                let started = number(task["started"]), let ended = number(task["ended"])
            else { throw BenchmarkFailure("the job shows no times of hetero_lr_0") }
            wall.append((ended - started) / 1000)
            for attempt in job["attempts"] as? [[String: Any]] ?? [] where attempt["task"] as? String == "hetero_lr_0" {
                guard let role = attempt["role"] as? String, let used = number(attempt["processorMilliseconds"]) else {
                    throw BenchmarkFailure("an attempt shows no processor time")
                }
                processor[role, default: []].append(used / 1000)
            }
            hops += Self.hops(tasks)
        }
        let name = "breast LR, 3 parties, 10 epochs, batch 300, Paillier-2048"
        return [
            Measurement("hop between tasks, 2 and 3 parties", unit: "ms", values: hops),
            Measurement("\(name): wall", unit: "s", values: wall),
        ]
            + processor.sorted { $0.key < $1.key }.map {
                Measurement("\(name): \($0.key)", unit: "CPU-s", values: $0.value)
            }
    }

    /// Milliseconds from the end of the last task that a task needs to its own start.
    private static func hops(_ tasks: [[String: Any]]) -> [Double] {
        let ends = Dictionary(
            tasks.compactMap { task in
                (task["task"] as? String).flatMap { name in number(task["ended"]).map { (name, $0) } }
            }, uniquingKeysWith: { first, _ in first })
        return tasks.compactMap { task in
            guard let started = number(task["started"]),
                let last = (task["needs"] as? [String] ?? []).compactMap({ ends[$0] }).max()
            else { return nil }
            return started - last
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

private func number(_ value: Any?) -> Double? { (value as? NSNumber)?.doubleValue }
