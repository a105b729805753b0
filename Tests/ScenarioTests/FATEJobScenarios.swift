import Foundation
import NIOHTTP1
import Testing

/// What FATE's clients do with jobs on `/v1`, by plain HTTP.
@Suite(.serialized) struct FATEJobScenarios {
    @Test func theToyRunsFromItsOwnConfAndIsShownInRowsThatTheClientReads() async throws {
        let site = try await SiteUnderTest()
        let submitted = try await site.v1(
            "job/submit", ["job_dsl": try StagedTree.json("toy_dsl.json"), "job_runtime_conf": Self.toyConf])
        #expect(submitted.code == 0, "\(submitted.reply)")
        let board = submitted.data["board_url"] as? String ?? ""
        #expect(board.hasPrefix(site.address) && board.contains(submitted.job))
        let model = submitted.data["model_info"] as? [String: String]
        #expect(model == ["model_id": "guest-9999#host-10000#model", "model_version": submitted.job])
        #expect(try await site.v1Ended(submitted.job, role: "guest", party: 9999) == "success")

        for party in ["9999", 9999] as [Any] {
            let rows = try await site.v1(
                "job/query", ["job_id": submitted.job, "role": "guest", "party_id": party]
            ).rows
            #expect(rows.count == 1 && rows[0]["f_progress"] as? Int == 100)
            #expect(rows[0]["f_dsl"] is [String: Any] && rows[0]["f_runtime_conf"] is [String: Any])
            #expect(rows[0]["f_is_initiator"] as? Bool == true)
        }
        let both = try await site.v1("job/query", ["job_id": submitted.job])
        #expect(both.rows.compactMap { $0["f_role"] as? String } == ["guest", "host"])
        let none = try await site.v1("job/query", ["job_id": submitted.job, "status": ["failed", "timeout"]])
        #expect(none.code == 0 && none.message == "no job could be found" && none.rows.isEmpty)
        #expect(try await site.v1("job/query").rows.isEmpty)
        #expect(try await site.v1("job/query", ["unknown": "1"]).rows.isEmpty)

        let tasks = try await site.v1(
            "job/task/query", ["job_id": submitted.job, "role": "host", "party_id": 10000])
        #expect(tasks.rows.first?["f_component_name"] as? String == "secure_add_example_0")
        #expect(tasks.rows.first?["f_party_status"] as? String == "success")
        let running = try await site.v1("job/task/query", ["job_id": submitted.job, "status": "running"])
        #expect(running.code == 101 && running.message == "find task failed")
        await site.end()
    }

    @Test func listsArePagedOrderedAndFiltered() async throws {
        let site = try await SiteUnderTest()
        var jobs: [String] = []
        for _ in 0..<3 {
            let submitted = try await site.v1(
                "job/submit", ["dsl": try StagedTree.json("toy_dsl.json"), "runtime_conf": Self.toyConf])
            jobs.append(submitted.job)
            _ = try await site.v1Ended(submitted.job, role: "guest", party: 9999)
        }
        let guests = try await site.v1("job/list/job", ["limit": 2, "page": 1, "party_id": 9999]).data
        #expect(guests["count"] as? Int == 3)
        let page = guests["jobs"] as? [[String: Any]] ?? []
        #expect(page.compactMap { $0["job_id"] as? String } == [jobs[2], jobs[1]])
        #expect(page.first?["party_id"] as? Int == 9999 && page.first?["partners"] as? [Int] == [10000])
        let last = try await site.v1(
            "job/list/job", ["limit": 2, "page": 2, "partner": "10000", "role": ["guest"], "order": "asc"])
        #expect((last.data["jobs"] as? [[String: Any]])?.first?["job_id"] as? String == jobs[2])
        let wrong = try await site.v1("job/list/job", ["order_by": "colour"])
        #expect(wrong.code == 101 && wrong.message.contains("order_by"))
        let tasks = try await site.v1("job/list/task", ["job_id": jobs[0], "limit": 0]).data
        #expect(tasks["count"] as? Int == 2)
        await site.end()
    }

    @Test func aConfigAndTheLogsAreDownloaded() async throws {
        let site = try await SiteUnderTest()
        let job = try await site.v1(
            "job/submit", ["dsl": try StagedTree.json("toy_dsl.json"), "runtime_conf": Self.toyConf]
        ).job
        _ = try await site.v1Ended(job, role: "guest", party: 9999)
        let config = try await site.v1("job/config", ["job_id": job, "role": "host", "party_id": "10000"])
        #expect(Set(config.data.keys) == ["job_id", "dsl", "runtime_conf", "train_runtime_conf", "model_info"])
        let missing = try await site.v1("job/config", ["job_id": job])
        #expect(missing.code == 101 && missing.message == "required argument are missing: role,party_id; ")

        let logs = try await site.v1Bytes("job/log/download", ["job_id": job])
        #expect(logs.status == 200)
        let folder = try await Archive.unpacked(logs.data)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["guest/9999/INFO.log", "guest/9999/secure_add_example_0/INFO.log"] {
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            #expect(text.contains("secure_add_guest"))
        }
        #expect(FileManager.default.fileExists(atPath: folder.appending(path: "host/10000/ERROR.log").path))
        let schedule = try String(contentsOf: folder.appending(path: "fate_flow_schedule.log"), encoding: .utf8)
        #expect(schedule.contains(job))
        let unknown = try await site.v1("job/log/download", ["job_id": "1"])
        #expect(unknown.status == 404 && unknown.code == 404)
        await site.end()
    }

    @Test func stopsRerunsAndRefusalsSayWhatTheyDid() async throws {
        let site = try await SiteUnderTest()
        let refused = try await site.v1(
            "job/submit",
            ["job_dsl": ["components": ["a_0": ["module": "SecureAdExample"]]], "job_runtime_conf": Self.toyConf])
        #expect(refused.code == 103 && refused.status == 200 && !refused.job.isEmpty)
        #expect(refused.message.contains("dsl.components.a_0.module") && refused.message.contains("SecureAddExample"))
        #expect(try await site.v1("job/query", ["job_id": refused.job]).rows.isEmpty)
        #expect(try await site.v1("job/stop", ["job_id": "1"]).code == 102)
        #expect(try await site.v1("job/stop").message == "required argument are missing: job_id; ")
        #expect(try await site.v1("job/rerun", ["job_id": "1"]).code == 102)
        let job = try await site.v1(
            "job/submit", ["dsl": try StagedTree.json("toy_dsl.json"), "runtime_conf": Self.toyConf]
        ).job
        _ = try await site.v1Ended(job, role: "guest", party: 9999)
        #expect(try await site.v1("job/stop", ["job_id": job]).code == 103)
        let rerun = try await site.v1("job/rerun", ["job_id": job, "force": true])
        #expect(rerun.code == 0 && rerun.message == "rerun job success", "\(rerun.reply)")
        _ = try await site.v1Ended(job, role: "guest", party: 9999)
        let tasks = try await site.v1("job/task/query", ["job_id": job, "role": "guest", "party_id": 9999])
        #expect(tasks.rows.first?["f_task_version"] as? Int == 1)
        #expect(try await site.v1("job/clean/queue", nil).code == 0)
        await site.end()
    }

    @Test func bodiesAreReadWhateverTheirTypeAndRoutesThatNobodyCallsAreNotThere() async throws {
        let site = try await SiteUnderTest()
        let version = try await site.v1("version/get", ["module": "FATEFlow"], headers: ["Content-Type": "text/plain"])
        #expect(version.data["FATEFlow"] is String && version.data["API"] as? String == "v1")
        #expect(try await site.v1("version/get/").code == 0)
        #expect(try await site.v1("version/get", ["module": "Spark"]).code == 404)
        let broken = try await site.send(.POST, "/v1/job/query", Data("{\"job_id\": ".utf8))
        #expect(broken.status == 200 && String(decoding: broken.data, as: UTF8.self).contains("\"retcode\":101"))
        let unknown = try await site.v1("job/colour")
        #expect(unknown.status == 404 && unknown.code == 404)
        let foreign = try await site.v1("job/query", headers: ["Origin": "http://evil.example"])
        #expect(foreign.status == 403 && foreign.code == 108)
        await site.end()
    }

    @Test func unsignedCallsAreRefusedUnlessTheyComeFromThisMachineItself() async throws {
        let site = try await SiteUnderTest()
        let forwarded = try await site.v1("job/query", ["job_id": "1"], headers: ["X-Forwarded-For": "10.0.0.1"])
        #expect(forwarded.code == 109 && forwarded.status == 200)
        await site.end()
        let signed = try await SiteUnderTest { home in
            try "http:\n  fate_clients: signed\n".write(
                to: home.appending(path: "site.yaml"), atomically: true, encoding: .utf8)
        }
        #expect(try await signed.v1("job/query", ["job_id": "1"]).code == 109)
        #expect(try await signed.v1("version/get").code == 0)
        let token = ["Authorization": "Bearer \(signed.token)"]
        #expect(try await signed.v1("job/query", ["job_id": "1"], headers: token).code == 0)
        await signed.end()
    }

    /// The conf that `flow test toy` sends: ids as texts, and the host's parameters without positions.
    static var toyConf: [String: Any] {
        [
            "dsl_version": 2, "initiator": ["role": "guest", "party_id": "9999"],
            "role": ["guest": ["9999"], "host": ["10000"]],
            "job_parameters": [
                "common": ["task_cores": 2],
                "role": ["guest": ["0": ["user": ""]], "host": ["0": ["user": ""]]],
            ],
            "component_parameters": [
                "role": [
                    "guest": ["0": ["secure_add_example_0": ["seed": 123]]],
                    "host": ["secure_add_example_0": ["seed": 321]],
                ], "common": ["secure_add_example_0": ["partition": 4, "data_num": 1000]],
            ],
        ]
    }
}
