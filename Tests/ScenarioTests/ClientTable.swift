import Foundation
import NIOHTTP1

/// The table of what FATE's clients ask for, with requests as the client sends them.
enum ClientTable {
    struct Row {
        /// Below `/v1`, such as `job/submit`.
        var path: String
        var method: HTTPMethod
        /// The right that the caller needs; empty for none.
        var right: String
        /// Nil where it works: else the retcode and a part of the reason.
        var refusal: (code: Int, reason: String)?
    }

    static func rows() throws -> [Row] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/NornServer/V1/CLIENTS.md")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| ") }
            .dropFirst().map { line in
                let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                    .map { $0.trimmingCharacters(in: .whitespaces) }
                guard cells.count == 5 else { throw ScenarioFailure("a row of another shape: \(line)") }
                let request = cells[2].replacing("`", with: "").split(separator: " ")
                let answer = cells[4].split(separator: ":", maxSplits: 1)
                    .map { $0.trimmingCharacters(in: .whitespaces) }
                let code = answer[0].hasPrefix("refused ") ? Int(answer[0].dropFirst("refused ".count)) : nil
                return Row(
                    path: String(request[request.count - 1]), method: request.count == 2 ? .GET : .POST,
                    right: cells[3], refusal: code.map { ($0, answer.last ?? "") })
            }
    }

    /// What a site must have for the requests.
    struct World {
        var job: String
        var modelID: String
        /// A version that was deployed.
        var version: String
        /// A job that runs long enough to be stopped.
        var longJob: String
        /// A folder that the site reads and writes.
        var folder: URL
    }

    static let parties = ["guest": [9999], "host": [10000], "arbiter": [10001]]

    /// The body that the client sends, for what the world has.
    static func body(of path: String, in world: World) throws -> [String: Any] {
        let place: [String: Any] = ["job_id": world.job, "role": "guest", "party_id": "9999"]
        let component = place.merging(["component_name": "hetero_lr_0"]) { $1 }
        let model: [String: Any] = ["model_id": world.modelID, "model_version": world.version]
        let part = model.merging(["role": "guest", "party_id": "9999"]) { $1 }
        let table: [String: Any] = ["namespace": "example", "table_name": "breast_guest"]
        switch path {
        case "job/submit":
            return ["job_dsl": try StagedTree.json("toy_dsl.json"), "job_runtime_conf": FATEJobScenarios.toyConf]
        case "job/query", "job/task/query": return place.merging(["status": "success"]) { $1 }
        case "job/list/job", "job/list/task", "model/tag/list": return ["limit": 10]
        case "job/config": return place.merging(["output_path": "/tmp"]) { $1 }
        case "job/log/download", "tracking/component/list", "data/upload/history": return ["job_id": world.job]
        case "job/data/view/query": return place
        case "job/dsl/generate":
            let dsl = try JSONSerialization.data(withJSONObject: try StagedTree.json("breast_lr_dsl.json"))
            return ["cpn_str": "[hetero_lr_0]", "train_dsl": String(decoding: dsl, as: UTF8.self), "version": "2"]
        case "job/stop": return ["job_id": world.longJob, "stop_status": "canceled"]
        case "job/parameter/update":
            return [
                "job_id": world.job, "component_parameters": ["common": ["evaluation_0": ["eval_type": "binary"]]],
            ]
        case "job/rerun": return ["job_id": world.job, "component_name": "evaluation_0", "force": false]
        case "data/download": return table.merging(["output_path": world.folder.path + "/out.csv"]) { $1 }
        case "data/writer": return table.merging(["output_namespace": "copies", "output_name": "breast"]) { $1 }
        case "table/table_info", "table/tracking/source", "table/tracking/job", "table/preview": return table
        case "table/bind", "table/add":
            return [
                "engine": "PATH", "namespace": "bound", "name": path, "head": 1, "id_delimiter": ",", "partitions": 2,
                "address": ["path": world.folder.path + "/in.csv"], "drop": 1,
            ]
        case "table/disable", "table/enable": return ["namespace": "copies", "table_name": "breast"]
        case "table/delete": return ["namespace": "bound", "table_name": "table/add"]
        case "tracking/component/output/data/download":
            return component.merging(["limit": -1, "output_path": "/tmp", "local": ["role": "guest"]]) { $1 }
        case "tracking/component/output/data": return component.merging(["limit": 2, "page": 2]) { $1 }
        case _ where path.hasPrefix("tracking/component/"): return component
        case "model/deploy": return ["model_id": world.modelID, "model_version": world.job]
        case "model/get/predict/dsl", "model/get/predict/conf": return model
        case "model/migrate":
            return model.merging([
                "role": parties, "migrate_role": ["guest": [99], "host": [100], "arbiter": [101]],
                "migrate_initiator": ["role": "guest", "party_id": 99], "execute_party": parties,
                "job_parameters": [String: Any](),
            ]) { $1 }
        case "model/model_tag/create", "model/model_tag/remove", "model/model_tag/retrieve":
            return ["job_id": world.version, "tag_name": "kept"]
        case "model/tag/create", "model/tag/retrieve": return ["tag_name": "good", "tag_desc": "a word"]
        case "model/tag/update": return ["tag_name": "good", "new_tag_name": "best"]
        case "model/tag/destroy": return ["tag_name": "best"]
        case "checkpoint/list":
            return part.merging(["component_name": "hetero_lr_0", "model_version": world.job]) { $1 }
        case "checkpoint/get":
            return part.merging([
                "component_name": "hetero_lr_0", "model_version": world.job, "step_index": 0,
            ]) { $1 }
        case "permission/grant", "permission/delete":
            return [
                "party_id": "10000", "component": "*", "dataset": [["namespace": "example", "name": "breast_guest"]],
            ]
        case "permission/query": return ["party_id": "10000"]
        case _ where path.hasPrefix("model/"): return part
        default: return [:]
        }
    }

    /// The request path, with a name in it where the client puts one.
    static func sent(_ path: String) -> String { path.replacing(":name", with: "fate") }

    static let uploadText = "id,y,x0\n1,1,0.1\n2,0,0.2\n"
    static var upload: [String: Any] {
        [
            "file": "/data/d.csv", "table_name": "walked", "namespace": "walked", "head": 1, "partition": 2, "drop": 1,
        ]
    }
}
