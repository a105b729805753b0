import HTTPTypes
import NornDialects
import NornFlow
import NornManifest
import NornSite

/// Models as FATE's clients see and change them.
enum V1ModelRoutes {
    static let partiesMaximum = 1024

    static let all: [V1Route] = [
        V1Route(path: "/v1/model/deploy", right: .submit, handle: deploy),
        V1Route(path: "/v1/model/migrate", right: .submit, handle: migrate),
        V1Route(
            path: "/v1/model/get/predict/dsl", right: .read, refusalStatus: V1Answers.nothingToDownload,
            handle: { call in
                try answer(try await call.site.predictDSL(of: reference(call), caller: call.caller), call)
            }),
        V1Route(
            path: "/v1/model/get/predict/conf", right: .read, refusalStatus: V1Answers.nothingToDownload,
            handle: { call in
                try answer(try await call.site.predictConf(of: reference(call), caller: call.caller), call)
            }),
        V1Route(path: "/v1/model/query", right: .read, failure: .exception, handle: query),
    ]

    /// The version that a request names.
    static func reference(_ call: V1Request) throws -> ModelReference {
        let names = try call.require("model_id", "model_version")
        return ModelReference(id: names[0], version: names[1])
    }

    /// The version and the party that a request names.
    static func part(_ call: V1Request) throws -> (reference: ModelReference, party: Party) {
        let names = try call.require("model_id", "model_version", "role", "party_id")
        guard let role = Role(rawValue: names[2]) else {
            throw SiteError.invalid("There is no role \(names[2].prefix(40))", field: "role")
        }
        return (ModelReference(id: names[0], version: names[1]), Party(role: role, id: names[3]))
    }

    private static func answer(_ document: JSON, _ call: V1Request) throws -> V1Answer {
        if let name = try call.text("filename") { return .document(document, name: name) }
        return .data(document)
    }

    // MARK: Deploy and migrate

    @Sendable private static func deploy(_ call: V1Request) async throws -> V1Answer {
        let view = try await call.site.deploy(
            try reference(call), components: try call.componentNames("cpn_list"),
            predictDSL: try call.document("predict_dsl") ?? call.document("dsl"),
            checkpoints: try ModelRoutes.checkpoints(call["components_checkpoint"]), caller: call.caller)
        return try answer(view, doing: "deploy model of role %s success")
    }

    @Sendable private static func migrate(_ call: V1Request) async throws -> V1Answer {
        let source = try reference(call)
        if call["unify_model_version"] != nil {
            throw SiteError.invalid(
                "A version is named by the job that makes it, here too", field: "unify_model_version",
                hint: "Leave it out, and take the version that the answer names")
        }
        let (former, next) = (try parties("role", call), try parties("migrate_role", call))
        guard former.map(\.role) == next.map(\.role) else {
            throw SiteError.invalid(
                "migrate_role has a party for each party of role, role by role", field: "migrate_role")
        }
        if call["execute_party"] != nil, Set(try parties("execute_party", call)) != Set(former) {
            throw SiteError.invalid(
                "Every party of the model migrates its part, or none does", field: "execute_party",
                hint: "Name the parties of role")
        }
        let moves = zip(former, next).map { ModelChange.Move(from: $0, to: $1) }
        let initiator = try await call.site.initiatorsModel(source, call.caller).trained.initiator
        if let wanted = try call.object("migrate_initiator") {
            let role = wanted["role"]?.asString
            let id = wanted["party_id"].flatMap { $0.asString ?? $0.asInt.map { String($0) } }
            let successor = moves.first { $0.from == initiator }?.to ?? initiator
            guard role == successor.role.rawValue, id == successor.id else {
                throw SiteError.invalid(
                    "The model is of \(initiator), who becomes \(successor)", field: "migrate_initiator",
                    hint: "Name \(successor)")
            }
        }
        let view = try await call.site.migrateModel(source, moves: moves, call.caller)
        return try answer(
            view, doing: "New model id is: \(view.modelID), model version is: \(view.version), migrated by %s")
    }

    /// `{"guest": [9999], …}` in the order of roles.
    private static func parties(_ name: String, _ call: V1Request) throws -> [Party] {
        guard let object = try call.object(name) else {
            throw V1Refusal(.argument, "required argument are missing: \(name); ")
        }
        var parties: [Party] = []
        for (key, value) in object.members {
            guard let role = Role(rawValue: key), let ids = value.asArray, ids.count <= partiesMaximum else {
                throw SiteError.invalid("\(name) is an object of roles with lists of party ids", field: name)
            }
            for (index, id) in ids.enumerated() {
                let text = id.asString ?? id.asInt.map { String($0) } ?? ""
                guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                    throw SiteError.invalid("A party id is a number", field: "\(name).\(key)[\(index)]")
                }
                parties.append(Party(role: role, id: text))
            }
        }
        return Role.allCases.flatMap { role in parties.filter { $0.role == role } }
    }

    /// What FATE-Flow answers of a version that every party makes: a code of each party, and the version.
    private static func answer(_ view: ModelChangeView, doing text: String) throws -> V1Answer {
        let isThere = view.status == "success"
        var data: JSONObject = ["model_id": .string(view.modelID), "model_version": .string(view.version)]
        var detail = JSONObject()
        for role in Role.allCases.map(\.rawValue) {
            let parts = view.parties.filter { $0.role == role }
            guard !parts.isEmpty else { continue }
            let code = isThere ? V1Code.success : .running
            data[role] = .object(JSONObject(parts.map { ($0.party, .int(code.rawValue)) }))
            detail[role] = .object(
                JSONObject(
                    parts.map { part -> (String, JSON) in
                        let message =
                            isThere
                            ? text.replacing("%s", with: "\(role) \(part.party)") : view.waiting ?? "not there yet"
                        return (part.party, ["retcode": .int(code.rawValue), "retmsg": .string(message)])
                    }))
        }
        data["detail"] = .object(detail)
        guard isThere else {
            throw V1Refusal(
                .running,
                "The version \(view.version) is not there yet: \(view.waiting ?? "it waits for a party"). "
                    + "It comes at all parties or at none", job: view.version, data: .object(data))
        }
        return .data(.object(data))
    }

    // MARK: Look

    @Sendable private static func query(_ call: V1Request) async throws -> V1Answer {
        let (id, version) = (try call.text("model_id"), try call.text("model_version"))
        let (role, party) = (try call.text("role"), try call.text("party_id"))
        guard id != nil || version != nil || role != nil || party != nil else {
            throw V1Refusal(.argument, "required argument are missing: model_version; ")
        }
        let wanted = Set(try call.texts("query_filters").map { $0.hasPrefix("f_") ? String($0.dropFirst(2)) : $0 })
        var rows: [V1Row] = []
        for detail in try await details(id: id, version: version, call)
        where (role ?? detail.summary.role) == detail.summary.role
            && (party ?? detail.summary.party) == detail.summary.party
        {
            let row = try await V1ModelRow(detail, call).row
            rows.append(
                wanted.isEmpty
                    ? row : V1Row(JSONObject(row.columns.members.filter { wanted.contains($0.key) }.map { ($0, $1) })))
        }
        guard !rows.isEmpty else {
            throw V1Refusal(.exception, "no model could be found of \(version ?? id ?? "these conditions")")
        }
        return .data(.array(rows.map(\.prefixed)))
    }

    /// Of a version that is named also what a train job left; otherwise the versions that are kept.
    private static func details(id: String?, version: String?, _ call: V1Request) async throws -> [ModelDetail] {
        let versions: [String]
        if let version {
            versions = [version]
        } else {
            let list = try await call.site.modelList(version: nil, call.caller).filter {
                ($0.modelID == id ?? $0.modelID)
            }
            versions = Set(list.map(\.version)).sorted(by: >)
        }
        var details: [ModelDetail] = []
        for version in versions {
            do {
                details += try await call.site.modelParts(version, id: id, call.caller)
            } catch let error as SiteError where error.code == "model_not_found" {
                continue
            }
        }
        return details
    }
}

/// A version at one party, as FATE-Flow's table of models has a row for each.
private struct V1ModelRow {
    let row: V1Row

    init(_ detail: ModelDetail, _ call: V1Request) async throws {
        let summary = detail.summary
        let reference = ModelReference(id: summary.modelID, version: summary.version)
        let initiator = summary.initiator.split(separator: ":", maxSplits: 1).map(String.init)
        var roles: [String: [JSON]] = [:]
        for party in ModelReference.parties(of: summary.modelID) ?? [] {
            roles[party.role.rawValue, default: []].append(Int(party.id).map { .int($0) } ?? .string(party.id))
        }
        var columns: JSONObject = [
            "model_id": .string(summary.modelID), "model_version": .string(summary.version),
            "job_id": .string(summary.version), "role": .string(summary.role), "party_id": .string(summary.party),
            "roles": .object(JSONObject(roles.sorted { $0.key < $1.key }.map { ($0, .array($1)) })),
            "initiator_role": .string(initiator.first ?? ""), "initiator_party_id": .string(initiator.last ?? ""),
            "parent": .bool(summary.origin == "train"), "imported": .int(summary.origin == "import" ? 1 : 0),
            "parent_info": [:], "loaded_times": 0, "description": "",
            "fate_version": .string(V1ServerRoutes.fateVersion),
            "create_time": .int(Int(summary.created)), "create_date": .string(V1Time.text(summary.created)),
            "inference_dsl": detail.predictDSL ?? [:], "tags": .array(summary.tags.map { .string($0) }),
            "components": .array(detail.components.map { .string($0.task) }),
        ]
        if let source = summary.source {
            columns["parent_info"] = [
                "parent_model_id": .string(summary.modelID), "parent_model_version": .string(source),
            ]
        }
        if let role = Role(rawValue: summary.role), let trained = try await Self.trained(reference, call) {
            let text = FATE1Dialect.render(trained.view(for: Party(role: role, id: summary.party)))
            columns["train_dsl"] = text.dsl
            columns["train_runtime_conf"] = text.conf
        }
        row = V1Row(columns)
    }

    /// The train job, where the caller is its initiator.
    private static func trained(_ reference: ModelReference, _ call: V1Request) async throws -> Job? {
        do {
            return try await call.site.initiatorsModel(reference, call.caller).trained
        } catch let error as SiteError where ["forbidden_model", "model_not_found"].contains(error.code) {
            return nil
        }
    }
}
