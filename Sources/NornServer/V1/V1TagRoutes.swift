import NornDialects
import NornManifest
import NornSite

/// Tags of models: `flow tag`, `flow model tag-model` and `tag-list`.
enum V1TagRoutes {
    static let limitMaximum = 10_000

    static let all: [V1Route] = [
        V1Route(path: "/v1/model/tag/create", right: .submit, failure: .exception, handle: create),
        V1Route(path: "/v1/model/tag/retrieve", right: .read, failure: .exception, handle: retrieve),
        V1Route(path: "/v1/model/tag/update", right: .submit, failure: .exception, handle: update),
        V1Route(path: "/v1/model/tag/destroy", right: .submit, failure: .exception, handle: destroy),
        V1Route(path: "/v1/model/tag/list", right: .read, failure: .exception, handle: list),
        V1Route(path: "/v1/model/model_tag/create", right: .submit, failure: .exception, handle: tag),
        V1Route(path: "/v1/model/model_tag/remove", right: .submit, failure: .exception, handle: untag),
        V1Route(path: "/v1/model/model_tag/retrieve", right: .read, failure: .exception, handle: tags),
    ]

    private static func row(_ tag: ModelTagView) -> JSON {
        [
            "name": .string(tag.name), "description": .string(tag.description),
            "model_count": .int(tag.versions.count), "create_time": .int(Int(tag.created)),
            "create_date": .string(V1Time.text(tag.created)),
        ]
    }

    @Sendable private static func create(_ call: V1Request) async throws -> V1Answer {
        let name = try call.require("tag_name")[0]
        let tag = try await call.site.createModelTag(
            name, description: try call.text("tag_desc") ?? "", call.caller)
        return .data(row(tag), message: "'\(name)' tag has been created successfully.")
    }

    @Sendable private static func retrieve(_ call: V1Request) async throws -> V1Answer {
        let tag = try await call.site.modelTag(try call.require("tag_name")[0], call.caller)
        var data: JSONObject = ["tags": [row(tag)]]
        if try call.flag("with_model") ?? false {
            var models: [JSON] = []
            for version in tag.versions { models += try await Self.models(version, call) }
            data["models"] = .array(models)
            data["count"] = .int(models.count)
        }
        return .data(.object(data))
    }

    /// The models of a version that the caller's parties have; none where its job was cleaned meanwhile.
    private static func models(_ version: String, _ call: V1Request) async throws -> [JSON] {
        do {
            let parts = try await call.site.modelParts(version, id: nil, call.caller)
            return Set(parts.map(\.summary.modelID)).sorted().map {
                ["model_id": .string($0), "model_version": .string(version)]
            }
        } catch let error as SiteError where error.code == "model_not_found" {
            return []
        }
    }

    @Sendable private static func update(_ call: V1Request) async throws -> V1Answer {
        let name = try call.require("tag_name")[0]
        let (next, description) = (try call.text("new_tag_name"), try call.text("new_tag_desc"))
        guard next != nil || description != nil else {
            throw V1Refusal(.argument, "required argument are missing: new_tag_name or new_tag_desc; ")
        }
        return .data(
            row(try await call.site.updateModelTag(name, to: next, description: description, call.caller)))
    }

    @Sendable private static func destroy(_ call: V1Request) async throws -> V1Answer {
        let name = try call.require("tag_name")[0]
        try await call.site.removeModelTag(name, call.caller)
        return .data(nil, message: "'\(name)' tag has been deleted successfully.")
    }

    @Sendable private static func list(_ call: V1Request) async throws -> V1Answer {
        let limit = try call.integer("limit", in: 0...limitMaximum) ?? 10
        let tags = try await call.site.modelTags(call.caller)
        let shown = limit == 0 ? tags[...] : tags.prefix(limit)
        return .data(["tags": .array(shown.map(row)), "count": .int(tags.count)])
    }

    // MARK: Of one version

    @Sendable private static func tag(_ call: V1Request) async throws -> V1Answer {
        let names = try call.require("job_id", "tag_name")
        try await call.site.tagModel(names[0], with: names[1], call.caller)
        return .data(nil, message: "Adding \(names[1]) tag for model with job id: \(names[0]) successfully.")
    }

    @Sendable private static func untag(_ call: V1Request) async throws -> V1Answer {
        let names = try call.require("job_id", "tag_name")
        try await call.site.untagModel(names[0], of: names[1], call.caller)
        return .data(nil, message: "Removing \(names[1]) tag from model with job id: \(names[0]) successfully.")
    }

    @Sendable private static func tags(_ call: V1Request) async throws -> V1Answer {
        let version = try call.require("job_id")[0]
        _ = try await call.site.modelParts(version, id: nil, call.caller)
        let tags = try await call.site.modelTags(call.caller).filter { $0.versions.contains(version) }
        return .data(["tags": .array(tags.map(row)), "count": .int(tags.count)])
    }
}
