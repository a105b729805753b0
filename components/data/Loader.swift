import NornKit

/// Brings the model of an earlier job or deployed version into the job, so that training goes on from it or data are
/// transformed by it. The site finds this party's own part and checks that the job's initiator may use it; here it is
/// handed on as it is.
struct ModelLoader: Component {
    /// All of them are for the site: which model it is.
    struct Parameters: ComponentParameters {
        var modelID: String? = nil
        var modelVersion: String? = nil
        var componentName: String? = nil
        var modelAlias: String? = nil
        var stepIndex: Int? = nil
        var stepName: String? = nil

        enum CodingKeys: String, CodingKey {
            case modelID = "model_id"
            case modelVersion = "model_version"
            case componentName = "component_name"
            case modelAlias = "model_alias"
            case stepIndex = "step_index"
            case stepName = "step_name"
        }
    }

    static let descriptor = ComponentDescriptor(
        name: "ModelLoader", roles: [.guest, .host, .arbiter, .local],
        inputs: [.model("model")], outputs: [.model("model")])

    func run(_ context: TaskContext<Parameters>) async throws { try await context.handOn("model") }
}

/// Brings a cache that an earlier job made into the job.
struct CacheLoader: Component {
    /// All of them are for the site: which cache it is.
    struct Parameters: ComponentParameters {
        var jobID: String? = nil
        var componentName: String? = nil
        var cacheName: String? = nil

        enum CodingKeys: String, CodingKey {
            case jobID = "job_id"
            case componentName = "component_name"
            case cacheName = "cache_name"
        }
    }

    static let descriptor = ComponentDescriptor(
        name: "CacheLoader", roles: [.guest, .host, .arbiter, .local],
        inputs: [.cache("cache")], outputs: [.cache("cache")])

    func run(_ context: TaskContext<Parameters>) async throws { try await context.handOn("cache") }
}

extension TaskContext {
    /// Copies an input to the output of the same name, piece by piece.
    fileprivate func handOn(_ name: String) async throws {
        // The pieces are lent in order to one thread at a time, and this is that thread.
        try await inputs.forEachPiece(name) { piece in try outputs.appendBlocking(Array(piece), to: name) }
    }
}
