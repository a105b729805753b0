import Foundation
import NIOHTTP1

/// Calls of FATE's clients by plain HTTP: no token, JSON bodies whatever the method.
extension SiteUnderTest {
    /// A reply of `/v1`.
    struct V1 {
        let status: Int
        let reply: [String: Any]

        var code: Int { reply["retcode"] as? Int ?? -1 }
        var message: String { reply["retmsg"] as? String ?? "" }
        var job: String { reply["jobId"] as? String ?? "" }
        var data: [String: Any] { reply["data"] as? [String: Any] ?? [:] }
        var rows: [[String: Any]] { reply["data"] as? [[String: Any]] ?? [] }
        var meta: [String: Any] { reply["meta"] as? [String: Any] ?? [:] }
    }

    func v1(
        _ path: String, _ body: Any? = [String: Any](), method: HTTPMethod = .POST, headers: [String: String] = [:]
    ) async throws -> V1 {
        let (status, data) = try await v1Bytes(path, body, method: method, headers: headers)
        let reply = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        return V1(status: status, reply: reply ?? ["text": String(decoding: data, as: UTF8.self)])
    }

    /// What a route answers, as it is.
    func v1Bytes(
        _ path: String, _ body: Any? = [String: Any](), method: HTTPMethod = .POST, headers: [String: String] = [:]
    ) async throws -> (status: Int, data: Data) {
        let bytes = try body.map { try JSONSerialization.data(withJSONObject: $0) }
        return try await send(method, "/v1/" + path, bytes, headers: headers)
    }

    /// Uploads a file as FATE's client does: the description is the query string, the file a part of the body.
    func v1Upload(_ text: String, _ conf: [String: Any], headers: [String: String] = [:]) async throws -> V1 {
        let json = try JSONSerialization.data(withJSONObject: conf)
        let query =
            String(decoding: json, as: UTF8.self)
            .addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let boundary = "27060153efea40089f207e4ba83da5b9"
        let body =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"d.csv\"\r\n"
            + "Content-Type: application/octet-stream\r\n\r\n\(text)\r\n--\(boundary)--\r\n"
        var headers = headers
        headers["Content-Type"] = "multipart/form-data; boundary=\(boundary)"
        let (status, data) = try await send(.POST, "/v1/data/upload?" + query, Data(body.utf8), headers: headers)
        let reply = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        return V1(status: status, reply: reply ?? ["text": String(decoding: data, as: UTF8.self)])
    }

    /// Uploads an example under its name in the namespace `experiment`.
    func v1Upload(example: String, name: String, conf: [String: Any] = [:]) async throws -> V1 {
        let text = try String(contentsOf: StagedTree.examples.appending(path: example), encoding: .utf8)
        let base: [String: Any] = [
            "file": "/data/\(example)", "table_name": name, "namespace": "experiment", "head": 1, "partition": 4,
            "id_delimiter": ",", "drop": 1,
        ]
        return try await v1Upload(text, base.merging(conf) { $1 })
    }

    /// Waits for the end of a job as the 1.x pipeline does: only states that it knows may be seen on the way.
    func v1Ended(_ job: String, role: String, party: Int) async throws -> String {
        let known: Set = ["waiting", "running", "success", "failed", "canceled", "timeout"]
        let deadline = Date(timeIntervalSinceNow: Self.jobSecondsMaximum)
        while Date() < deadline {
            let answer = try await v1("job/query", ["job_id": job, "role": role, "party_id": party])
            guard let status = answer.rows.first?["f_status"] as? String, known.contains(status) else {
                throw ScenarioFailure("job \(job): \(answer.reply)")
            }
            if !["waiting", "running"].contains(status) { return status }
            try await Task.sleep(for: .milliseconds(30))
        }
        throw ScenarioFailure("job \(job) does not end")
    }
}
