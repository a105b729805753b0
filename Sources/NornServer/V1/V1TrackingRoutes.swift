import HTTPTypes
import NornDialects
import NornFlow
import NornManifest
import NornSite

/// What a component told while it ran, as FATE's clients ask for it.
enum V1TrackingRoutes {
    static let all: [V1Route] = [
        V1Route(path: "/v1/tracking/component/list", right: .read, failure: .exception, handle: list),
        V1Route(path: "/v1/tracking/component/metrics", right: .read, handle: metrics),
        V1Route(path: "/v1/tracking/component/metric/all", right: .read, handle: allMetrics),
        V1Route(path: "/v1/tracking/component/parameters", right: .read, handle: parameters),
        V1Route(
            path: "/v1/tracking/component/summary/download", right: .read,
            refusalStatus: V1Answers.nothingToDownload, handle: summary),
        V1Route(path: "/v1/tracking/component/output/model", right: .read, handle: model),
    ]

    @Sendable private static func list(_ call: V1Request) async throws -> V1Answer {
        let facts = try await call.site.jobFacts(call.require("job_id")[0], call.caller)
        let names = facts.parties.first?.job.tasks.map { JSON.string($0.name) } ?? []
        return .data(["components": .array(names)])
    }

    // MARK: Metrics

    private static func series(_ call: V1Request) async throws -> [TrackingView] {
        let place = try await V1Component(call)
        return try await call.site.metrics(job: place.job.id, task: place.task.name, .newest, call.caller).filter(
            place.made)
    }

    @Sendable private static func metrics(_ call: V1Request) async throws -> V1Answer {
        let names = V1Metrics.names(try await series(call).map(\.value))
        return .data(names, message: names == [:] ? "no data" : "success")
    }

    @Sendable private static func allMetrics(_ call: V1Request) async throws -> V1Answer {
        let all = V1Metrics.all(try await series(call).map(\.value))
        return .data(all, message: all == [:] ? "no data" : "success")
    }

    // MARK: Parameters, summary, model

    @Sendable private static func parameters(_ call: V1Request) async throws -> V1Answer {
        let place = try await V1Component(call)
        return .data(V1TaskRow.parameters(place.task, at: place.party))
    }

    @Sendable private static func summary(_ call: V1Request) async throws -> V1Answer {
        let place = try await V1Component(call)
        let told = try await call.site.told(job: place.job.id, task: place.task.name, .summary, .newest, call.caller)
        guard let summary = told.last(where: place.made)?.value else {
            throw V1Refusal(
                .nothingToDownload, "no summary of \(place.task.name) at \(place.party.v1Text): it told none")
        }
        if let name = try call.text("filename") { return .document(summary, name: name) }
        return .data(summary)
    }

    @Sendable private static func model(_ call: V1Request) async throws -> V1Answer {
        let place = try await V1Component(call)
        let told = try await call.site.told(job: place.job.id, task: place.task.name, .model, .newest, call.caller)
            .filter(place.made)
        guard let model = told.last(where: { $0.name != metaName })?.value else {
            return .reply(V1Reply([:], message: "no data"))
        }
        let meta = told.last { $0.name == metaName }?.value ?? [:]
        return .reply(
            V1Reply(
                model,
                meta: [
                    "meta_data": meta, "component_name": .string(place.task.name),
                    "module_name": .string(place.task.module), "model_alias": .string(modelAlias(place.task)),
                ]))
    }

    /// The view of a model under this name holds what FATE calls its meta: how it was trained.
    static let metaName = "meta"

    private static func modelAlias(_ task: JobTask) -> String {
        task.outputs.first { $0.kind == .model }?.name ?? "model"
    }
}

/// The component at a party that a request names.
struct V1Component {
    let facts: JobFacts
    let job: Job
    let party: Party
    let task: JobTask

    init(_ call: V1Request) async throws {
        let names = try call.require("job_id", "component_name")
        do {
            facts = try await call.site.jobFacts(names[0], call.caller)
        } catch let error as SiteError where error.code == "job_not_found" {
            throw V1Refusal(.argument, "find job failed: \(error)")
        }
        (party, job) = try call.party(in: facts)
        guard let task = job.task(named: names[1]) else {
            let near = NearestName.find(names[1], in: job.tasks.map(\.name)).map { " Did you mean \($0)?" } ?? ""
            throw V1Refusal(
                .argument, "the job \(names[0]) has no component \(names[1].prefix(128)) (component_name).\(near)")
        }
        self.task = task
    }

    /// Whether the component told this at the party.
    @Sendable func made(_ view: TrackingView) -> Bool {
        view.task == task.name && view.role == party.role.rawValue && view.party == party.id
    }
}
