import Foundation
import NIOHTTP1
import Testing

/// What attempts are declared, granted and measured, and components that are passed over.
@Suite(.serialized) struct ResourceScenarios {
    private static func siteWithTables() async throws -> SiteUnderTest {
        let site = try await SiteUnderTest()
        try await site.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await site.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
        return site
    }

    /// Reader, DataTransform and CountExample, with a label at the guest.
    private static var transformDSL: [String: Any] {
        [
            "components": [
                "reader_0": ["module": "Reader", "output": ["data": ["data"]]],
                "data_transform_0": [
                    "module": "DataTransform", "input": ["data": ["data": ["reader_0.data"]]],
                    "output": ["data": ["data"], "model": ["model"]],
                ],
                "count_0": ["module": "CountExample", "input": ["data": ["data": ["data_transform_0.data"]]]],
            ]
        ]
    }

    private static func transformConf(_ jobParameters: [String: Any], common: [String: Any] = [:]) -> [String: Any] {
        var conf = JobScenarios.countConf
        conf["job_parameters"] = jobParameters
        var parameters = conf["component_parameters"] as? [String: Any] ?? [:]
        parameters["common"] = ["data_transform_0": common]
        conf["component_parameters"] = parameters
        return conf
    }

    @Test(
        arguments: [
            (["task_cores": 3], 3, 1), (["eggroll_run": ["eggroll.session.processors.per.node": 2]], 2, 1),
            (["spark_run": ["num-executors": 2, "executor-cores": 2]], 4, 2),
        ] as [([String: any Sendable], Int, Int)])
    func whatAConfAsksForIsGrantedAndShownBesideWhatWasDeclaredAndUsed(
        asked: [String: any Sendable], cores: Int, nodes: Int
    ) async throws {
        let site = try await Self.siteWithTables()
        let common = asked.merging(["memory_bytes": 300 << 20, "computing_partitions": 3] as [String: any Sendable]) {
            $1
        }
        let conf = Self.transformConf(["common": common, "role": ["host": ["0": ["memory_bytes": 400 << 20]]]])
        let job = try await site.accepted(dsl: Self.transformDSL, conf: conf)
        let end = try await site.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(end.attempts.count == 6)
        for attempt in end.attempts {
            let granted = attempt["granted"] as? [String: Any] ?? [:]
            let declared = attempt["declared"] as? [String: Any] ?? [:]
            let memory = attempt["role"] as? String == "host" ? 400 : 300
            #expect(granted["cores"] as? Int == cores && granted["workingNodes"] as? Int == nodes, "\(attempt)")
            #expect(granted["memoryBytes"] as? Int == memory << 20, "\(attempt)")
            #expect((declared["cores"] as? Int ?? 0) > 0 && (declared["memoryBytes"] as? Int ?? 0) > 0, "\(attempt)")
            #expect((attempt["peakMemoryBytes"] as? Int ?? 0) > 0, "\(attempt)")
            #expect(attempt["processorMilliseconds"] as? Int != nil, "\(attempt)")
        }
        let outputs = try await site.call(.GET, "/api/jobs/\(job)/outputs?task=data_transform_0").list
        let tables = outputs.filter { $0["kind"] as? String == "table" }
        #expect(tables.count == 2 && tables.allSatisfy { $0["partitions"] as? Int == 3 }, "\(outputs)")
        let show = try await site.norn("job", "show", job)
        let line = show.output.split(separator: "\n").first { $0.hasPrefix("count_0/0") && $0.contains("host") } ?? ""
        #expect(line.contains(" 64 MiB") && line.contains(" 400 MiB") && line.contains(" \(cores) "), "\(show.output)")
        try await site.nothingHeld()
        await site.end()
    }

    /// As many tasks at once as the conf says.
    @Test func tasksOfOneJobRunAtOnceWhenTheConfSaysSo() async throws {
        let site = try await SiteUnderTest()
        var conf = try StagedTree.json("toy_conf.json")
        let names = ["first_0", "second_0", "third_0"]
        conf["job_parameters"] = ["common": ["task_parallelism": 2]]
        conf["component_parameters"] = [
            "common": Dictionary(uniqueKeysWithValues: names.map { ($0, ["data_num": CrashScenarios.endlessRows]) })
        ]
        let components = Dictionary(uniqueKeysWithValues: names.map { ($0, ["module": "SecureAddExample"]) })
        let job = try await site.accepted(dsl: ["components": components], conf: conf)
        _ = try await eventually("two tasks", seconds: WorkerProcess.appearSecondsMaximum) {
            site.workers(of: job).count == 4 ? true : nil
        }
        let statuses = try await site.job(job) { _ in true }.tasks.compactMap { $0["status"] as? String }
        #expect(statuses.sorted() == ["running", "running", "waiting"])
        let resources = try await site.call(.GET, "/api/site").object["resources"] as? [String: Any]
        #expect(resources?["coresHeld"] as? Int == 4, "\(resources ?? [:])")
        let stop = try await site.call(.POST, "/api/jobs/\(job)/stop")
        #expect(stop.status == 200, "\(stop.body)")
        try await site.nothingHeld()
        await site.end()
    }

    // MARK: Passed over

    /// As FATE has it: the component does not run, and hands on what comes in.
    @Test func aComponentThatNeedNotRunHandsItsInputOn() async throws {
        let site = try await Self.siteWithTables()
        let conf = Self.transformConf([:], common: ["need_run": false])
        let job = try await site.accepted(dsl: Self.transformDSL, conf: conf)
        let end = try await site.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(end.summary(of: "count_0", role: "guest")["total"] as? Int == 1138)
        let read = try await site.call(.GET, "/api/jobs/\(job)/outputs?task=reader_0").list
        let passed = try await site.call(.GET, "/api/jobs/\(job)/outputs?task=data_transform_0").list
        #expect(passed.map { $0["kind"] as? String } == ["table", "table"], "\(passed)")
        for field in ["rows", "partitions"] {
            #expect(passed.map { $0[field] as? Int } == read.map { $0[field] as? Int }, "\(passed)")
        }
        let attempts = end.attempts(of: "data_transform_0")
        #expect(attempts.count == 2 && attempts.allSatisfy { $0["status"] as? String == "success" })
        #expect(attempts.allSatisfy { ($0["granted"] as? [String: Any])?["cores"] as? Int == 0 }, "\(attempts)")
        let logs = try await site.norn("job", "logs", job, "--task", "data_transform_0")
        #expect(logs.output.contains("need_run is false"), "\(logs.output)")
        // At one party alone: the other transforms its rows.
        var mixed = Self.transformConf([:])
        var parameters = mixed["component_parameters"] as? [String: Any] ?? [:]
        var roles = parameters["role"] as? [String: Any] ?? [:]
        roles["host"] = [
            "0": [
                "reader_0": ["table": ["name": "breast_host", "namespace": "example"]],
                "data_transform_0": ["need_run": false],
            ]
        ]
        parameters["role"] = roles
        mixed["component_parameters"] = parameters
        let other = try await site.ended(try await site.accepted(dsl: Self.transformDSL, conf: mixed))
        #expect(other.status == "success", "\(other.object)")
        let granted = other.attempts(of: "data_transform_0").map { attempt in
            "\(attempt["role"] ?? ""): \((attempt["granted"] as? [String: Any])?["cores"] as? Int ?? -1)"
        }
        #expect(granted.sorted() == ["guest: 1", "host: 0"], "\(granted)")
        await site.end()
    }

    // MARK: Clean-up

    @Test func jobsThatEndedAreForgottenByAgeOnCommandAndNamedTablesStay() async throws {
        let site = try await Self.siteWithTables()
        var jobs: [String] = []
        for _ in 0..<2 {
            let job = try await site.accepted(dsl: Self.transformDSL, conf: Self.transformConf([:]))
            #expect(try await site.ended(job).status == "success")
            jobs.append(job)
        }
        let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        let live = try await site.accepted(dsl: dsl, conf: conf)
        func files() -> [String] {
            let all = FileManager.default.enumerator(atPath: site.home.path)?.allObjects as? [String] ?? []
            return all.filter { path in jobs.contains { path.contains($0) } }
        }
        #expect(!files().isEmpty)
        let young = try await site.norn("job", "clean", "--older-than-days", "1")
        #expect(young.status == 0 && young.output.hasPrefix("0 jobs"), "\(young.output)\(young.errors)")
        let cleaned = try await site.norn("job", "clean", "--older-than-days", "0")
        #expect(cleaned.status == 0, "\(cleaned.errors)")
        for job in jobs { #expect(try await site.call(.GET, "/api/jobs/\(job)").status == 404) }
        #expect(files() == [], "logs or tables of forgotten jobs are left")
        #expect(try await site.call(.GET, "/api/tables/example/breast_guest/preview?rows=1").status == 200)
        #expect(try await site.job(live) { $0.status == "running" }.status == "running")
        let stop = try await site.call(.POST, "/api/jobs/\(live)/stop")
        #expect(stop.status == 200)
        await site.end()
    }
}
