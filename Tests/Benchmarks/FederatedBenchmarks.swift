import Foundation

/// Whole federated jobs through a real server, all parties on one site: what FATE 2.2 was measured with on such a machine.
/// A figure counts only for a job that succeeded; where the right result is known (common ids, curves of the regressions) it
/// is held to that. What binning and the job of ten components compute is held by their components' tests alone.
struct FederatedBenchmarks {
    static let runs = 3
    static let memoryMegabytes = 400.0

    let stage: URL

    func run() async throws -> [Measurement] {
        let site = try SiteProcess(stage: stage)
        defer { site.end() }
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let tables = BenchmarkTables(site: site, folder: folder)
        return try await intersections(tables) + regressions(tables) + features(tables)
    }

    // MARK: Ids

    private func intersections(_ tables: BenchmarkTables) async throws -> [Measurement] {
        let million = 1_000_000
        var results: [Measurement] = []
        for method in ["ecdh", "rsa", "dh"] {
            results += try await intersection(
                tables, ids: 30_000, method: method, runs: Self.runs, seconds: method == "ecdh" ? 3 : nil)
        }
        results += try await measured("upload of 1,000,000 ids", tables.site, seconds: 2) {
            try await tables.ids(million, from: 0, name: "ids_guest_\(million)", party: "9999")
        }
        return results + (try await intersection(tables, ids: million, method: "ecdh", runs: 1, seconds: 80))
    }

    /// Two thirds of the ids are common.
    private func intersection(
        _ tables: BenchmarkTables, ids: Int, method: String, runs: Int, seconds: Double?
    ) async throws -> [Measurement] {
        let (guest, host) = ("ids_guest_\(ids)", "ids_host_\(ids)")
        if ids < 1_000_000 { try await tables.ids(ids, from: 0, name: guest, party: "9999") }
        try await tables.ids(ids, from: ids / 3, name: host, party: "10000")
        let key = method == "ecdh" ? "" : ", 2048 bits"
        let job = BenchmarkJob(
            guest: guest, host: host,
            steps: [("intersection_0", "Intersection", ["data": "data_transform_0.data"], "data")],
            parameters: ["intersection_0": ["intersect_method": method]])
        return try await measured(
            "PSI of \(ids) ids, \(method)\(key), 2 parties: job", tables.site, runs: runs, seconds: seconds,
            isMemoryLimited: ids < 1_000_000
        ) {
            let detail = try await tables.site.calls.run(dsl: job.dsl, conf: job.conf).job
            guard try summary(detail, "intersection_0")["intersect_num"] as? Int == ids - ids / 3 else {
                throw BenchmarkFailure("the intersection by \(method) is another")
            }
        }
    }

    // MARK: Models

    private func regressions(_ tables: BenchmarkTables) async throws -> [Measurement] {
        try await tables.breastInColumns()
        try await tables.breastInRows()
        let training: [String: Any] = [
            "penalty": "L2", "alpha": 0.01, "optimizer": "rmsprop", "learning_rate": 0.15, "batch_size": 300,
            "max_iter": 10, "tol": 0, "early_stop": "diff", "init_param": ["init_method": "zeros"],
        ]
        let hetero = BenchmarkJob(
            guest: "breast_guest", host: "breast_host", arbiter: true, hasLabel: true,
            steps: [
                ("intersection_0", "Intersection", ["data": "data_transform_0.data"], "data"),
                ("lr_0", "HeteroLR", ["train_data": "intersection_0.data"], "model"),
                ("evaluation_0", "Evaluation", ["data": "lr_0.data"], ""),
            ],
            parameters: ["lr_0": training.merging(["encrypt_param": ["key_length": 2048]]) { $1 }])
        let homo = BenchmarkJob(
            guest: "breast_rows_guest", host: "breast_rows_host", arbiter: true, hasLabel: true, hostHasLabel: true,
            steps: [
                ("lr_0", "HomoLR", ["train_data": "data_transform_0.data"], "model"),
                ("evaluation_0", "Evaluation", ["data": "lr_0.data"], ""),
            ], parameters: ["lr_0": training])
        var results: [Measurement] = []
        for (name, job, seconds, atLeast) in [
            ("breast LR, 3 parties, 10 epochs, batch 300, Paillier-2048: job", hetero, 8.0, 0.97),
            ("breast HomoLR, 3 parties, 10 epochs, batch 300: job", homo, 1.5, 0.95),
        ] {
            results += try await measured(name, tables.site, runs: Self.runs, seconds: seconds) {
                let detail = try await tables.site.calls.run(dsl: job.dsl, conf: job.conf).job
                let curve = try area(detail)
                guard curve >= atLeast else { throw BenchmarkFailure("\(name): the AUC is \(curve)") }
            }
        }
        return results
    }

    // MARK: Features

    private func features(_ tables: BenchmarkTables) async throws -> [Measurement] {
        try await tables.credit(rows: 30_000, guestColumns: 13, hostColumns: 10)
        let binning = BenchmarkJob(
            guest: "credit_guest", host: "credit_host", hasLabel: true,
            steps: [
                ("intersection_0", "Intersection", ["data": "data_transform_0.data"], "data"),
                ("binning_0", "HeteroFeatureBinning", ["data": "intersection_0.data"], "model"),
            ], parameters: ["intersection_0": ["intersect_method": "ecdh"]])
        let breast = BenchmarkJob(
            guest: "breast_guest", host: "breast_host", hasLabel: true,
            steps: [
                ("intersection_0", "Intersection", ["data": "data_transform_0.data"], "data"),
                ("imputation_0", "FeatureImputation", ["data": "intersection_0.data"], "model"),
                ("sample_0", "FederatedSample", ["data": "imputation_0.data"], "data"),
                ("scale_0", "FeatureScale", ["data": "sample_0.data"], "model"),
                ("statistics_0", "DataStatistics", ["data": "scale_0.data"], "model"),
                ("binning_0", "HeteroFeatureBinning", ["data": "scale_0.data"], "model"),
                ("pearson_0", "HeteroPearson", ["data": "scale_0.data"], "model"),
                ("selection_0", "HeteroFeatureSelection", ["data": "binning_0.data"], "isometric:binning_0.model"),
            ],
            parameters: [
                "imputation_0": ["missing_fill_method": "mean"],
                "pearson_0": ["column_indexes": -1],
                "sample_0": ["mode": "random", "method": "downsample", "fractions": 0.9],
                "selection_0": [
                    "filter_methods": ["iv_filter"],
                    "iv_param": ["metrics": "iv", "filter_type": "threshold", "threshold": 0.1],
                ],
            ])
        return try await measured(
            "IV of 30,000 rows, 13 and 10 columns, Paillier-2048: job", tables.site, runs: Self.runs, seconds: 12
        ) {
            _ = try await tables.site.calls.run(dsl: binning.dsl, conf: binning.conf)
        }
            + measured("ten components on breast, Paillier-2048: job", tables.site, runs: Self.runs, seconds: 5) {
                let detail = try await tables.site.calls.run(dsl: breast.dsl, conf: breast.conf).job
                guard (detail["tasks"] as? [[String: Any]])?.count == 10 else {
                    throw BenchmarkFailure("the job has not ten tasks")
                }
            }
    }

    // MARK: Figures

    /// Seconds of each run, and the most memory that the site and all its workers had meanwhile.
    private func measured(
        _ name: String, _ site: SiteProcess, runs: Int = 1, seconds: Double?, isMemoryLimited: Bool = true,
        _ body: () async throws -> Void
    ) async throws -> [Measurement] {
        var times: [Double] = []
        let memory = MemoryWatch(of: site.process.processIdentifier)
        for _ in 0..<runs {
            let start = ContinuousClock.now
            try await body()
            times.append((ContinuousClock.now - start).milliseconds / 1000)
        }
        return [
            Measurement(name, unit: "s", values: times, target: seconds.map { .atMost($0) }),
            Measurement(
                "\(name), peak memory of all", unit: "MB", values: [memory.end()],
                target: isMemoryLimited ? .atMost(Self.memoryMegabytes) : nil),
        ]
    }

    private func summary(_ job: [String: Any], _ task: String) throws -> [String: Any] {
        let all = job["summaries"] as? [[String: Any]] ?? []
        guard let found = all.first(where: { $0["task"] as? String == task })?["value"] as? [String: Any] else {
            throw BenchmarkFailure("the job has no summary of \(task)")
        }
        return found
    }

    /// The area under the curve that an evaluation told.
    private func area(_ job: [String: Any]) throws -> Double {
        for metric in job["metrics"] as? [[String: Any]] ?? [] where metric["task"] as? String == "evaluation_0" {
            let points = (metric["value"] as? [String: Any])?["points"] as? [[Any]] ?? []
            for point in points where point.first as? String == "auc" {
                if let value = (point.last as? NSNumber)?.doubleValue { return value }
            }
        }
        throw BenchmarkFailure("the job has no AUC")
    }
}
