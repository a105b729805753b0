import Foundation
import NIOHTTP1
import Testing

/// Every row of the table of FATE's clients is as it says, and closed to who may not call it.
@Suite(.serialized) struct ClientTableScenarios {
    /// A job that writes checkpoints, a deployed version of it, and one that is still running.
    private static func world(_ site: SiteUnderTest, folder: URL) async throws -> ClientTable.World {
        for side in ["guest", "host"] {
            let upload = try await site.v1Upload(
                example: "breast_\(side).csv", name: "breast_\(side)",
                conf: ["namespace": "example", "party_id": side == "guest" ? 9999 : 10000])
            guard upload.code == 0 else { throw ScenarioFailure("upload: \(upload.reply)") }
        }
        let job = try await submit(site, ["callback_param": ["callbacks": ["ModelCheckpoint"], "save_freq": 1]])
        guard try await site.v1Ended(job, role: "guest", party: 9999) == "success" else {
            throw ScenarioFailure("the job \(job) failed")
        }
        let model = "arbiter-10001#guest-9999#host-10000#model"
        let deployed = try await site.v1("model/deploy", ["model_id": model, "model_version": job])
        guard let version = deployed.data["model_version"] as? String, deployed.code == 0 else {
            throw ScenarioFailure("not deployed: \(deployed.reply)")
        }
        let long = try await submit(site, ["max_iter": 100_000, "tol": 0])
        return ClientTable.World(job: job, modelID: model, version: version, longJob: long, folder: folder)
    }

    private static func submit(_ site: SiteUnderTest, _ parameters: [String: Any]) async throws -> String {
        var conf = try StagedTree.json("breast_lr_conf.json")
        var component = conf["component_parameters"] as? [String: Any] ?? [:]
        var common = component["common"] as? [String: Any] ?? [:]
        let own = common["hetero_lr_0"] as? [String: Any] ?? [:]
        common["hetero_lr_0"] = own.merging(parameters) { $1 }
        component["common"] = common
        conf["component_parameters"] = component
        let answer = try await site.v1(
            "job/submit", ["job_dsl": try StagedTree.json("breast_lr_dsl.json"), "job_runtime_conf": conf])
        guard answer.code == 0 else { throw ScenarioFailure("not submitted: \(answer.reply)") }
        return answer.job
    }

    private static func servedFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-walked-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try ClientTable.uploadText.write(to: folder.appending(path: "in.csv"), atomically: true, encoding: .utf8)
        return folder
    }

    private static func site(serving folder: URL) async throws -> SiteUnderTest {
        try await SiteUnderTest { home in
            try "data:\n  folders: [\(folder.path)]\n".write(
                to: home.appending(path: "site.yaml"), atomically: true, encoding: .utf8)
        }
    }

    @Test func everyRowOfTheTableIsAsItSays() async throws {
        let folder = try Self.servedFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let site = try await Self.site(serving: folder)
        let world = try await Self.world(site, folder: folder)
        var exported = Data()
        for row in try ClientTable.rows() {
            let place = try ClientTable.body(of: row.path, in: world)
            let reply: SiteUnderTest.V1
            switch row.path {
            case "data/upload": reply = try await site.v1Upload(ClientTable.uploadText, ClientTable.upload)
            case "model/import":
                reply = try await site.v1Import(exported, place.merging(["force_update": 1]) { $1 })
            default:
                let answer = try await site.v1Bytes(ClientTable.sent(row.path), place, method: row.method)
                if row.path == "model/export" { exported = answer.data }
                let json = try? JSONSerialization.jsonObject(with: answer.data) as? [String: Any]
                // What is downloaded is no envelope: the client tells a file by the status.
                reply = SiteUnderTest.V1(
                    status: answer.status, reply: json ?? (answer.data.isEmpty ? [:] : ["retcode": 0]))
            }
            if let refusal = row.refusal {
                #expect(reply.code == refusal.code, "\(row.path): \(reply.reply)")
                #expect(reply.message.contains(refusal.reason), "\(row.path): \(reply.reply)")
            } else {
                #expect(reply.status == 200 && reply.code == 0, "\(row.path): \(reply.reply)")
            }
            if row.path == "job/rerun" { _ = try await site.v1Ended(world.job, role: "guest", party: 9999) }
        }
        await site.end()
    }

    /// A party that is not the credential's, in each form in which a client may name one.
    private static var foreign: [Any] { ["10000", 10000, ["10000"], [9999, 10000]] }

    @Test func aPartyOutsideTheCredentialGets108OnEveryRoute() async throws {
        let folder = try Self.servedFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let site = try await Self.site(serving: folder)
        let world = try await Self.world(site, folder: folder)
        let guest = try await Self.credential(site, rights: ["submit", "read", "data"], parties: ["9999"])
        for row in try ClientTable.rows() {
            let base = try ClientTable.body(of: row.path, in: world)
            // The party of a grant is a partner, which is never the caller's own.
            let namesPartner = ["permission/grant", "permission/delete", "permission/query"].contains(row.path)
            for party in Self.foreign {
                var bodies: [[String: Any]] = [base.merging(["local": ["role": "host", "party_id": party]]) { $1 }]
                if !namesPartner { bodies.append(base.merging(["role": "host", "party_id": party]) { $1 }) }
                for body in bodies {
                    let answer = try await Self.refused(row, body, site, guest)
                    #expect(answer.code == 108, "\(row.path) with \(party): \(answer.reply)")
                    #expect(answer.message.contains("party"), "\(row.path): \(answer.reply)")
                }
            }
        }
        await Self.othersStayClosed(site, world, guest)
        await site.end()
    }

    private static func refused(
        _ row: ClientTable.Row, _ body: [String: Any], _ site: SiteUnderTest, _ headers: [String: String]
    ) async throws -> SiteUnderTest.V1 {
        switch row.path {
        case "data/upload":
            return try await site.v1Upload(
                ClientTable.uploadText, ClientTable.upload.merging(body) { $1 }, headers: headers)
        case "model/import" where !(body["party_id"] is [Any]) && body["local"] == nil:
            return try await site.v1Import(Data("PK".utf8), body, headers: headers)
        default: return try await site.v1(ClientTable.sent(row.path), body, method: row.method, headers: headers)
        }
    }

    /// What names no party but is another's: its roles, jobs, tables and models.
    private static func othersStayClosed(
        _ site: SiteUnderTest, _ world: ClientTable.World, _ guest: [String: String]
    ) async {
        do {
            let role = try await site.v1(
                "tracking/component/metrics",
                ["job_id": world.job, "component_name": "hetero_lr_0", "role": "host"], headers: guest)
            #expect(role.code == 108 && role.message.contains("(role)"), "\(role.reply)")
            var conf = FATEJobScenarios.toyConf
            conf["initiator"] = ["role": "host", "party_id": 10000]
            let submitted = try await site.v1(
                "job/submit", ["job_dsl": try StagedTree.json("toy_dsl.json"), "job_runtime_conf": conf], headers: guest
            )
            #expect(submitted.code == 108, "\(submitted.reply)")
            let table: [String: Any] = ["namespace": "example", "table_name": "breast_host"]
            for path in ["table/delete", "table/preview", "table/tracking/job"] {
                let answer = try await site.v1(path, table, headers: guest)
                #expect(answer.code != 0, "\(path): \(answer.reply)")
            }
            let info = try await site.v1("table/table_info", table, headers: guest)
            #expect(info.data["exist"] as? Int == 0, "\(info.reply)")
            #expect(try await site.v1("table/table_info", table).data["exist"] as? Int == 1)
            let rows = try await site.v1("job/query", ["job_id": world.job], headers: guest).rows
            #expect(rows.compactMap { $0["f_role"] as? String } == ["guest"], "\(rows)")
            let other = try await credential(site, rights: ["submit", "read", "data"], parties: ["77"])
            #expect(try await site.v1("model/tag/create", ["tag_name": "ours"]).code == 0)
            let tagged = try await site.v1("model/model_tag/create", ["job_id": world.job, "tag_name": "ours"])
            #expect(tagged.code == 0, "\(tagged.reply)")
            for path in ["model/tag/update", "model/tag/destroy"] {
                let answer = try await site.v1(path, ["tag_name": "ours", "new_tag_name": "mine"], headers: other)
                #expect(answer.code == 108, "\(path): \(answer.reply)")
            }
            let seen = try await site.v1(
                "model/tag/retrieve", ["tag_name": "ours", "with_model": true], headers: other)
            #expect(seen.data["count"] as? Int == 0 && !"\(seen.reply)".contains(world.job), "\(seen.reply)")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func aRightOutsideTheCredentialGets108OnEveryRoute() async throws {
        let folder = try Self.servedFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let site = try await Self.site(serving: folder)
        let world = ClientTable.World(
            job: "1", modelID: "guest-9999#model", version: "1", longJob: "2", folder: folder)
        for right in ["submit", "read", "data"] {
            let others = ["submit", "read", "data"].filter { $0 != right }
            let caller = try await Self.credential(site, rights: others, parties: ["9999"])
            for row in try ClientTable.rows() where row.right == right {
                let body = try ClientTable.body(of: row.path, in: world)
                let answer = try await Self.refused(row, body, site, caller)
                #expect(answer.code == 108 && answer.message.contains(right), "\(row.path): \(answer.reply)")
            }
        }
        let nobody = ["X-Forwarded-For": "10.0.0.1"]
        for row in try ClientTable.rows() {
            let body = try ClientTable.body(of: row.path, in: world)
            let answer = try await Self.refused(row, body, site, nobody)
            #expect(answer.code == (row.right.isEmpty ? 0 : 109), "\(row.path): \(answer.reply)")
        }
        await site.end()
    }

    static func credential(
        _ site: SiteUnderTest, rights: [String], parties: [String]
    ) async throws -> [String: String] {
        let made = try await site.call(
            .POST, "/api/tokens", json: ["submitter": "ada", "rights": rights, "parties": parties])
        guard let secret = made.object["secret"] as? String else { throw ScenarioFailure("no token: \(made.body)") }
        return ["Authorization": "Bearer \(secret)"]
    }
}
