import Foundation
import NornDialects
import NornFlow
import NornManifest
import NornSite

/// What components kept of their models while they trained.
enum V1CheckpointRoutes {
    static let all: [V1Route] = [
        V1Route(path: "/v1/checkpoint/list", right: .read, failure: .badRequest, handle: list),
        V1Route(path: "/v1/checkpoint/get", right: .data, failure: .badRequest, handle: get),
    ]

    @Sendable private static func list(_ call: V1Request) async throws -> V1Answer {
        let (reference, party) = try V1ModelRoutes.part(call)
        let task = try call.require("component_name")[0]
        let found = try await call.site.checkpoints(reference, party, task: task, call.caller)
        return .data(
            .array(found.map { ["step_index": .int($0.index), "step_name": .string($0.name)] }),
            message: found.isEmpty ? "no checkpoint of \(task.prefix(128))" : "success")
    }

    @Sendable private static func get(_ call: V1Request) async throws -> V1Answer {
        let (reference, party) = try V1ModelRoutes.part(call)
        let task = try call.require("component_name")[0]
        let index = try call.integer("step_index", in: 0...Int(Int32.max))
        let name = try call.text("step_name")
        guard (index == nil) != (name == nil) else {
            throw SiteError.invalid("A checkpoint is named by its step_index or its step_name", field: "step_index")
        }
        let (view, model) = try await call.site.checkpoint(
            CheckpointChoice(task: task, index: index, name: name), of: reference, party, call.caller)
        return .data([
            "step_index": .int(view.index), "step_name": .string(view.name),
            "models": ["model": ["buffer": .string(Data(model).base64EncodedString())]],
        ])
    }
}
