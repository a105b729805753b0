import NornDialects
import NornFlow
import NornManifest
import NornSite
import NornStore

/// What FATE's clients ask about the server itself.
enum V1ServerRoutes {
    /// The releases whose contracts the server keeps.
    static let fateVersion = "1.11.3"
    static let flowVersion = "1.11.2"
    /// Running jobs that the answer about resources lists.
    static let runningMaximum = 1000

    static let all: [V1Route] = [
        V1Route(path: "/v1/version/get", right: nil, failure: .notFound, handle: version),
        V1Route(path: "/v1/server/version/get", right: nil) { _ in .data(versions) },
        V1Route(path: "/v1/provider/get", right: .read) { call in .data(V1Providers(call.site.catalogue).json) },
        V1Route(path: "/v1/provider/:name/get", right: .read, handle: provider),
        V1Route(path: "/v1/component/get", right: .read) { call in
            .data(V1Providers(call.site.catalogue).components)
        },
        V1Route(path: "/v1/resource/query", right: .read, handle: resources),
    ]

    private static var versions: JSON {
        [
            "FATE": .string(fateVersion), "FATEFlow": .string(flowVersion), "NORN": .string(SiteVersion.text),
            "API": "v1",
        ]
    }

    @Sendable private static func version(_ call: V1Request) async throws -> V1Answer {
        let module = try call.text("module") ?? "FATE"
        guard module != "API", let version = versions[module] else {
            throw V1Refusal(
                .notFound, "there is no module \(module.prefix(40)); FATE, FATEFlow and NORN are known (module)")
        }
        return .data(.object([module: version, "API": "v1"]))
    }

    @Sendable private static func provider(_ call: V1Request) async throws -> V1Answer {
        let name = call.pathParameter("name") ?? ""
        let providers = V1Providers(call.site.catalogue).json
        guard let provider = providers[name] else {
            let near = NearestName.find(name, in: providers.asObject?.keys ?? []).map { " Did you mean \($0)?" } ?? ""
            throw V1Refusal(.argument, "there is no provider \(name.prefix(40)).\(near)")
        }
        return .data(.object([name: provider]))
    }

    @Sendable private static func resources(_ call: V1Request) async throws -> V1Answer {
        let status = try await call.site.status()
        let megabyte: Int64 = 1_048_576
        let free = status.resources.cores - status.resources.coresHeld
        let pool: JSON = [
            "f_engine_name": .string(call.site.settings.jobs.engine), "f_engine_type": "computing",
            "f_cores": .int(status.resources.cores), "f_remaining_cores": .int(free),
            "f_memory": .int(Int(status.resources.memoryBytes / megabyte)),
            "f_remaining_memory": .int(
                Int((status.resources.memoryBytes - status.resources.memoryBytesHeld) / megabyte)),
            "f_nodes": 1,
        ]
        let jobs = try await call.site.heldResources(call.caller).map { held -> JSON in
            [
                "job_id": .string(held.job), "role": .string(held.party.role.rawValue),
                "party_id": .string(held.party.v1ID), "core": .int(held.resources.cores),
                "memory": .int(Int(held.resources.memoryBytes / megabyte)),
            ]
        }
        return .data(["computing_engine_resource": pool, "use_resource_job": .array(jobs)])
    }
}
