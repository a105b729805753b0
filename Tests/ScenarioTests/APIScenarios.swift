import Foundation
import NIOHTTP1
import Testing

/// Every route of the served OpenAPI document, called: what it answers has the shape that it promises.
@Suite(.serialized) struct APIScenarios {
    @Test func everyRouteAnswersAsItsDocumentSays() async throws {
        let site = try await SiteUnderTest()
        let document = try OpenAPI(try await site.call(.GET, "/api/openapi.json").object)
        #expect(document.version.hasPrefix("3.1"))
        let values = try await Self.furnish(site)
        var refused: Set<String> = []
        for route in document.routes {
            let answer = try await Self.call(route, site, values)
            let promised = answer.status == route.status
            if !promised { refused.insert(route.operation) }
            #expect(
                promised || (400..<500).contains(answer.status), "\(route.operation): \(answer.status) \(answer.body)")
            let schema = promised ? route.answer : document.error
            guard let schema else { continue }
            for problem in document.problems(of: answer.body, with: schema, at: route.operation) {
                Issue.record("\(problem)")
            }
        }
        #expect(refused.isSubset(of: Self.mayRefuse), "refused: \(refused.subtracting(Self.mayRefuse))")
        await site.end()
    }

    /// Routes that have nothing to act on in this site: no job waits for approval, the job has ended, no plugin was
    /// installed or is in quarantine, a body of JSON is no bundle, and no job has left a model.
    static let mayRefuse: Set<String> = [
        "post_api_approvals_job", "post_api_jobs_job_stop", "post_api_jobs_job_pause", "post_api_jobs_job_resume",
        "post_api_jobs_job_priority", "post_api_plugins", "delete_api_plugins_plugin", "delete_api_quarantine_digest",
        "get_api_models_version", "get_api_models_version_predict_conf", "get_api_models_version_predict_dsl",
        "get_api_models_version_checkpoints_task", "get_api_models_version_archive", "post_api_models_deploy",
        "post_api_models_migrate", "post_api_models_import", "delete_api_models_version",
        "put_api_models_version_tags_tag", "delete_api_models_version_tags_tag", "post_api_model_tags",
        "patch_api_model_tags_tag", "delete_api_model_tags_tag",
    ]

    @Test func aRouteWithoutItsRightIsRefused() async throws {
        let site = try await SiteUnderTest()
        let document = try OpenAPI(try await site.call(.GET, "/api/openapi.json").object)
        let made = try await site.call(.POST, "/api/tokens", json: ["submitter": "ada", "rights": ["read"]])
        let secret = try #require(made.object["secret"] as? String)
        for route in document.routes {
            guard let right = route.right else { continue }
            let nobody = try await site.call(
                route.method, route.path(Self.placeholders), headers: ["Authorization": "Bearer none"])
            #expect(nobody.status == 401, "\(route.operation): \(nobody.status)")
            guard right != "read" else { continue }
            let reader = try await site.call(
                route.method, route.path(Self.placeholders), headers: ["Authorization": "Bearer \(secret)"])
            #expect(reader.status == 403, "\(route.operation): \(reader.status)")
        }
        await site.end()
    }

    @Test func aTokenOfOnePartySeesOnlyThatPartysJobs() async throws {
        let site = try await SiteUnderTest()
        let job = try await site.accepted(
            dsl: try StagedTree.json("toy_dsl.json"), conf: try StagedTree.json("toy_conf.json"))
        _ = try await site.ended(job)
        for (party, sees) in [("7", false), ("10000", true)] {
            let made = try await site.call(
                .POST, "/api/tokens", json: ["submitter": "ada", "rights": ["read"], "parties": [party]])
            let headers = ["Authorization": "Bearer \(made.object["secret"] as? String ?? "")"]
            let list = try await site.call(.GET, "/api/jobs", headers: headers)
            #expect(list.list.count == (sees ? 1 : 0))
            let detail = try await site.call(.GET, "/api/jobs/\(job)", headers: headers)
            #expect(detail.status == (sees ? 200 : 404))
            let attempts = JobAnswer(object: detail.object).attempts
            #expect(attempts.compactMap { $0["party"] as? String } == (sees ? [party] : []))
        }
        await site.end()
    }

    static let placeholders = [
        "job": "1", "name": "t", "namespace": "example", "partner": "9999", "id": "1", "plugin": "norn.count",
    ]

    /// A job, two tables, a token, a peer: something for each route to answer about.
    private static func furnish(_ site: SiteUnderTest) async throws -> [String: String] {
        let job = try await site.accepted(
            dsl: try StagedTree.json("toy_dsl.json"), conf: try StagedTree.json("toy_conf.json"))
        _ = try await site.ended(job)
        _ = try await site.upload("id,x0\n1,2\n", name: "t", party: "9999")
        let token = try await site.call(.POST, "/api/tokens", json: ["submitter": "ada", "rights": ["read"]])
        return [
            "job": job, "namespace": "example", "partner": "10000", "id": token.object["id"] as? String ?? "",
            "component": "HeteroLR", "table": "t", "peer": "partner", "plugin": "norn.count",
        ]
    }

    private static func call(
        _ route: OpenAPI.Route, _ site: SiteUnderTest, _ values: [String: String]
    ) async throws -> SiteUnderTest.Answer {
        var values = values
        let kind =
            route.template.contains("/tables/") ? "table" : route.template.contains("/peers/") ? "peer" : "component"
        values["name"] = values[kind]
        let path = route.path(values)
        switch route.body {
        case nil: return try await site.call(route.method, path)
        case "text/csv": return try await site.call(route.method, path + "?party=9999", text: "id,x0\n1,2\n")
        default:
            var body = try bodies(route.operation)
            if route.operation == "post_api_site_backups" {
                body = ["folder": site.home.path + "-backup-\(UUID().uuidString)"]
            }
            return try await site.call(route.method, path, json: body)
        }
    }

    private static func bodies(_ operation: String) throws -> [String: Any] {
        switch operation {
        case "post_api_jobs":
            return ["dsl": try StagedTree.json("toy_dsl.json"), "conf": try StagedTree.json("toy_conf.json")]
        case "post_api_tokens": return ["submitter": "eve", "rights": ["data"], "parties": ["9999"]]
        case "put_api_peers_name":
            return [
                "pin": "sha256:" + String(repeating: "ab", count: 32), "parties": ["10009"],
                "address": "https://127.0.0.1:1",
            ]
        case "post_api_approvals_job": return ["allow": true]
        case "post_api_jobs_job_rerun": return ["all": true, "dry_run": true]
        case "post_api_jobs_job_priority": return ["priority": 3]
        case "post_api_jobs_clean": return ["older_than_days": 1]
        default: return [:]
        }
    }
}

/// An OpenAPI document as far as these tests read it.
struct OpenAPI {
    struct Route {
        var method: HTTPMethod
        var template: String
        var operation: String
        var right: String?
        /// The media type of the body.
        var body: String?
        var status: Int
        /// Schema of the JSON that it answers; nil for streams.
        var answer: [String: Any]?

        func path(_ values: [String: String]) -> String {
            template.split(separator: "/").map { part in
                part.hasPrefix("{") ? values[String(part.dropFirst().dropLast())] ?? "none" : String(part)
            }.reduce("") { $0 + "/" + $1 }
        }
    }

    let version: String
    let routes: [Route]
    let error: [String: Any]?
    private let schemas: [String: Any]

    init(_ document: [String: Any]) throws {
        version = document["openapi"] as? String ?? ""
        let components = document["components"] as? [String: Any] ?? [:]
        schemas = components["schemas"] as? [String: Any] ?? [:]
        error = schemas["Error"] as? [String: Any]
        guard let paths = document["paths"] as? [String: [String: [String: Any]]] else {
            throw ScenarioFailure("the document has no paths")
        }
        var routes: [Route] = []
        for (path, operations) in paths {
            for (method, operation) in operations { routes.append(Self.route(method, path, operation)) }
        }
        // What deletes comes last, the inner things first, so that the others have something to answer about.
        self.routes = routes.sorted { left, right in
            func order(_ route: Route) -> (Int, String) {
                route.method == .DELETE ? (1_000 - route.template.count, route.operation) : (0, route.operation)
            }
            return order(left) < order(right)
        }
    }

    private static func route(_ method: String, _ path: String, _ operation: [String: Any]) -> Route {
        let answers = operation["responses"] as? [String: [String: Any]] ?? [:]
        let success = answers.keys.compactMap { Int($0) }.first ?? 0
        let content = answers[String(success)]?["content"] as? [String: [String: Any]] ?? [:]
        let body = (operation["requestBody"] as? [String: Any])?["content"] as? [String: Any]
        return Route(
            method: HTTPMethod(rawValue: method.uppercased()), template: path,
            operation: operation["operationId"] as? String ?? "", right: operation["x-norn-right"] as? String,
            body: body?.keys.first, status: success, answer: content["application/json"]?["schema"] as? [String: Any])
    }

    /// Where a value is not as its schema says.
    func problems(of value: Any, with schema: [String: Any], at place: String) -> [String] {
        if let reference = schema["$ref"] as? String {
            let name = reference.split(separator: "/").last.map(String.init) ?? ""
            guard let target = schemas[name] as? [String: Any] else { return ["\(place): no schema \(name)"] }
            return problems(of: value, with: target, at: place)
        }
        switch schema["type"] as? String {
        case "object": return objectProblems(value, schema, place)
        case "array":
            guard let list = value as? [Any] else { return ["\(place) is no list: \(value)"] }
            let items = schema["items"] as? [String: Any] ?? [:]
            return list.enumerated().flatMap { problems(of: $0.element, with: items, at: "\(place)[\($0.offset)]") }
        case "string": return value is String ? [] : ["\(place) is no text: \(value)"]
        case "integer", "number": return value is NSNumber ? [] : ["\(place) is no number: \(value)"]
        case "boolean": return value is Bool ? [] : ["\(place) is not true or false: \(value)"]
        default: return []
        }
    }

    private func objectProblems(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
        guard let object = value as? [String: Any] else { return ["\(place) is no object: \(value)"] }
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        let required = schema["required"] as? [String] ?? []
        var problems = required.filter { object[$0] == nil }.map { "\(place) has no \($0)" }
        for (name, member) in object {
            if let schema = properties[name] {
                problems += self.problems(of: member, with: schema, at: "\(place).\(name)")
            } else if let schema = schema["additionalProperties"] as? [String: Any] {
                problems += self.problems(of: member, with: schema, at: "\(place).\(name)")
            } else if schema["additionalProperties"] as? Bool == false {
                problems.append("\(place) has a member \(name) that the document does not know")
            }
        }
        return problems
    }
}
