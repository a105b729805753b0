import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NornFlow
import NornManifest
import NornSite

/// Models: look, deploy, migrate, export, import; tags.
enum ModelRoutes {
    /// An archive is read as a whole before any of it is kept.
    static let archiveBytesMaximum = 512 * 1_048_576
    static let movesMaximum = 1024

    private static let modelID = APIRoute.Query(name: "model_id", summary: "of a version that several models have")
    private static let part: [APIRoute.Query] = [
        .init(name: "model_id", summary: "the model's id"), .init(name: "role", summary: "the party's role"),
        .init(name: "party", summary: "the party's id"),
    ]

    static let all: [APIRoute] = [
        APIRoute(
            method: .get, path: "/api/models", right: .read,
            summary: "Versions that the site keeps for the caller's parties, newest first.",
            query: [.init(name: "version", summary: "only this version")], answer: .jsonArray(of: "ModelSummary"),
            handle: { call in
                try Answers.json(try await call.site.modelList(version: call.query("version"), call.caller))
            }),
        APIRoute(
            method: .get, path: "/api/models/{version}", right: .read,
            summary: "A version at each of the caller's parties, also one that a train job left.", query: [modelID],
            answer: .jsonArray(of: "ModelDetail"),
            handle: { call in
                try Answers.json(
                    try await call.site.modelParts(
                        call.parameter("version"), id: call.query("model_id"), call.caller))
            }),
        APIRoute(
            method: .post, path: "/api/models/deploy", right: .submit,
            summary: "Make a version that predict jobs may run, at every party of the model or at none.",
            body: .json("Deployment"), answer: .json("ModelChange"), handle: deploy),
        APIRoute(
            method: .post, path: "/api/models/migrate", right: .submit,
            summary: "Make a version for other party ids, at every party of the model or at none; each party is asked.",
            body: .json("Migration"), answer: .json("ModelChange"), handle: migrate),
        APIRoute(
            method: .get, path: "/api/models/{version}/predict_dsl", right: .read,
            summary: "What predict jobs of a deployed version run.", query: [modelID], answer: .document,
            needsHeart: true,
            handle: { call in
                let reference = try await reference(call)
                return Answers.value(try await call.site.predictDSL(of: reference, caller: call.caller))
            }),
        APIRoute(
            method: .get, path: "/api/models/{version}/predict_conf", right: .read,
            summary: "A conf for predict jobs of a version, with tables to be filled in.", query: [modelID],
            answer: .document, needsHeart: true,
            handle: { call in
                let reference = try await reference(call)
                return Answers.value(try await call.site.predictConf(of: reference, caller: call.caller))
            }),
        APIRoute(
            method: .get, path: "/api/models/{version}/checkpoints/{task}", right: .read,
            summary: "What a component of a train job kept of its model on the way.", query: part,
            answer: .jsonArray(of: "Checkpoint"), needsHeart: true,
            handle: { call in
                let (reference, party) = try await named(call)
                return try Answers.json(
                    try await call.site.checkpoints(reference, party, task: call.parameter("task"), call.caller))
            }),
        APIRoute(
            method: .get, path: "/api/models/{version}/archive", right: .admin,
            summary: "One party's part of a version as a ZIP file; the header X-Content-SHA256 is its digest.",
            query: part, answer: .stream(mediaType: "application/zip"), needsHeart: true, handle: export),
        APIRoute(
            method: .post, path: "/api/models/import", right: .admin,
            summary: "Keep a part that was exported, for a party of this site.",
            query: [
                .init(name: "digest", summary: "SHA-256 of the file; another one is refused"),
                .init(name: "replace", summary: "whether a version that is there is replaced"),
            ] + part, body: .stream(mediaType: "application/zip"), answer: .json("ModelDetail"), status: .created,
            handle: take),
        APIRoute(
            method: .delete, path: "/api/models/{version}", right: .admin,
            summary: "Forget a kept version at one party.",
            query: part, answer: .json("Done"),
            handle: { call in
                let (reference, party) = try await named(call)
                try await call.site.removeModel(reference, party, call.caller)
                return Answers.value(["done": true])
            }),
    ]

    static let tags: [APIRoute] = [
        APIRoute(
            method: .get, path: "/api/model_tags", right: .read, summary: "Tags, with the versions that have them.",
            answer: .jsonArray(of: "ModelTag"),
            handle: { call in try Answers.json(try await call.site.modelTags(call.caller)) }),
        APIRoute(
            method: .post, path: "/api/model_tags", right: .submit, summary: "Make a tag.", body: .json("NewTag"),
            answer: .json("ModelTag"), status: .created,
            handle: { call in
                let body = try await call.json()
                return try Answers.json(
                    try await call.site.createModelTag(
                        text(body, "name"), description: body["description"]?.asString ?? "", call.caller),
                    status: .created)
            }),
        APIRoute(
            method: .patch, path: "/api/model_tags/{tag}", right: .submit,
            summary: "Give a tag another name or description.", body: .json("ChangedTag"), answer: .json("ModelTag"),
            handle: { call in
                let body = try await call.json()
                return try Answers.json(
                    try await call.site.updateModelTag(
                        call.parameter("tag"), to: body["name"]?.asString,
                        description: body["description"]?.asString, call.caller))
            }),
        APIRoute(
            method: .delete, path: "/api/model_tags/{tag}", right: .submit,
            summary: "Forget a tag, and take it off every version.", answer: .json("Done"),
            handle: { call in
                try await call.site.removeModelTag(call.parameter("tag"), call.caller)
                return Answers.value(["done": true])
            }),
        APIRoute(
            method: .put, path: "/api/models/{version}/tags/{tag}", right: .submit, summary: "Put a tag on a version.",
            answer: .json("Done"),
            handle: { call in
                try await call.site.tagModel(call.parameter("version"), with: call.parameter("tag"), call.caller)
                return Answers.value(["done": true])
            }),
        APIRoute(
            method: .delete, path: "/api/models/{version}/tags/{tag}", right: .submit,
            summary: "Take a tag off a version.", answer: .json("Done"),
            handle: { call in
                try await call.site.untagModel(call.parameter("version"), of: call.parameter("tag"), call.caller)
                return Answers.value(["done": true])
            }),
    ]

    // MARK: Handlers

    @Sendable private static func deploy(_ call: APIRequest) async throws -> Response {
        let body = try await call.json()
        let source = ModelReference(id: try text(body, "model_id"), version: try text(body, "model_version"))
        return try Answers.json(
            try await call.site.deploy(
                source, components: try DataRoutes.strings(body, "components"), predictDSL: body["predict_dsl"],
                checkpoints: try checkpoints(body["components_checkpoint"]), caller: call.caller))
    }

    /// `{component: {step_index: 3}}` or `{component: {step_name: …}}`.
    static func checkpoints(_ json: JSON?) throws -> [CheckpointChoice] {
        guard let json, !json.isNull else { return [] }
        guard let object = json.asObject else {
            throw SiteError.invalid(
                "components_checkpoint is an object of components", field: "components_checkpoint",
                hint: "Write {\"hetero_lr_0\": {\"step_index\": 3}}")
        }
        return try object.members.map { task, value in
            let index = value["step_index"]?.asInt ?? value["step_index"]?.asString.flatMap { Int($0) }
            let name = value["step_name"]?.asString
            guard index != nil || name != nil else {
                throw SiteError.invalid(
                    "A checkpoint is named by its step_index or step_name", field: "components_checkpoint.\(task)")
            }
            return CheckpointChoice(task: task, index: index, name: name)
        }
    }

    @Sendable private static func migrate(_ call: APIRequest) async throws -> Response {
        let body = try await call.json()
        let source = ModelReference(id: try text(body, "model_id"), version: try text(body, "model_version"))
        guard let list = body["moves"]?.asArray, (1...movesMaximum).contains(list.count) else {
            throw SiteError.invalid(
                "moves is a list of at most \(movesMaximum) objects with role, from and to", field: "moves")
        }
        let moves = try list.enumerated().map { index, entry in
            guard let role = entry["role"]?.asString.flatMap(Role.init(rawValue:)),
                let from = partyID(entry["from"]), let to = partyID(entry["to"])
            else {
                throw SiteError.invalid(
                    "A move has a role and two party ids, from and to", field: "moves[\(index)]")
            }
            return ModelChange.Move(from: Party(role: role, id: from), to: Party(role: role, id: to))
        }
        return try Answers.json(try await call.site.migrateModel(source, moves: moves, call.caller))
    }

    @Sendable private static func export(_ call: APIRequest) async throws -> Response {
        let (reference, party) = try await named(call)
        let (archive, digest) = try await call.site.exportModel(reference, party, call.caller)
        return Response(
            status: .ok, headers: [.contentType: "application/zip", .contentDigest: digest],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: archive)))
    }

    @Sendable private static func take(_ call: APIRequest) async throws -> Response {
        var archive: [UInt8] = []
        for try await buffer in call.request.body {
            guard archive.count + buffer.readableBytes <= archiveBytesMaximum else {
                throw SiteError(
                    "archive_too_large", "The archive is larger than \(archiveBytesMaximum / 1_048_576) MiB",
                    field: "file")
            }
            archive += buffer.readableBytesView
        }
        var expecting = ModelImport()
        expecting.modelID = call.query("model_id")
        expecting.role = call.query("role")
        expecting.party = call.query("party")
        expecting.digest = call.query("digest")
        expecting.replaces = try call.flag("replace") ?? false
        return try Answers.json(
            try await call.site.importModel(archive, expecting: expecting, call.caller), status: .created)
    }

    // MARK: Parts of requests

    private static func text(_ body: JSON, _ name: String) throws -> String {
        let text = body[name]?.asString ?? body[name]?.asInt.map { String($0) } ?? ""
        guard !text.isEmpty else { throw SiteError.invalid("The body has no \(name)", field: name) }
        return text
    }

    private static func partyID(_ json: JSON?) -> String? {
        let text = json?.asString ?? json?.asInt.map { String($0) } ?? ""
        let isID = !text.isEmpty && text.utf8.count <= 18 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isID ? text : nil
    }

    /// The version of the path; its model's id may be left out where it has but one.
    private static func reference(_ call: APIRequest) async throws -> ModelReference {
        let version = try call.parameter("version")
        if let id = call.query("model_id") { return ModelReference(id: id, version: version) }
        let ids = Set(try await call.site.modelParts(version, id: nil, call.caller).map(\.summary.modelID))
        guard ids.count == 1, let id = ids.first else {
            throw SiteError.invalid("Several models have the version \(version)", field: "model_id")
        }
        return ModelReference(id: id, version: version)
    }

    /// One party's part; what is left out follows where the caller's parties have but one.
    private static func named(_ call: APIRequest) async throws -> (ModelReference, Party) {
        let version = try call.parameter("version")
        let parts = try await call.site.modelParts(version, id: call.query("model_id"), call.caller).map(\.summary)
        let wanted = parts.filter { part in
            call.query("role").map { $0 == part.role } ?? true && call.query("party").map { $0 == part.party } ?? true
        }
        guard wanted.count == 1, let part = wanted.first, let role = Role(rawValue: part.role) else {
            if wanted.isEmpty { throw SiteError.notFound("model", version) }
            throw SiteError.invalid(
                "The version \(version) is here for \(wanted.map { "\($0.role):\($0.party)" }.joined(separator: ", "))",
                field: "party", hint: "Say the role and the party")
        }
        return (ModelReference(id: part.modelID, version: version), Party(role: role, id: part.party))
    }
}

extension HTTPField.Name {
    // The name holds only letters, digits and dashes, which is all that the initializer checks.
    static let contentDigest = HTTPField.Name("X-Content-SHA256")!
}
