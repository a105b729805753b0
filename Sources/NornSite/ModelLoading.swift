import NornFlow
import NornStore

/// What `ModelLoader` and `CacheLoader` hand on: a model or cache of an earlier job or version, which their parameters
/// name. Every party loads its own part.
struct ModelLoading: Sendable {
    static let modelLoader = "ModelLoader"
    static let cacheLoader = "CacheLoader"
    static let loaders: Set<String> = [modelLoader, cacheLoader]

    let registry: ModelRegistry

    /// The file that a loader hands on, and the port through which it gets it.
    struct Loaded: Sendable {
        enum Source: Equatable, Sendable {
            case file(String)
            /// Of a checkpoint.
            case bytes([UInt8])
        }

        var port: String
        var source: Source
    }

    /// - Parameter component: the loader's own name.
    /// - Throws: `Failure` when there is none, or it is another initiator's.
    func loaded(_ component: String, _ task: JobTask, _ job: Job, at party: Party) async throws -> Loaded {
        let parameters = task.parameters[party] ?? [:]
        func text(_ name: String) -> String? {
            switch parameters[name] {
            case .string(let text) where !text.isEmpty: text
            case .int(let number): String(number)
            default: nil
            }
        }
        func failure(_ what: String, _ parameter: String, _ advice: String) -> Failure {
            Failure(
                .refused, what, party: party, task: task.name,
                field: "conf.component_parameters.common.\(task.name).\(parameter)", advice: advice)
        }
        func required(_ name: String) throws -> String {
            if let value = text(name) { return value }
            throw failure("\(task.name) does not say which \(name) it loads", name, "Name it")
        }
        if component == Self.cacheLoader {
            let (source, producer) = (try required("job_id"), try required("component_name"))
            guard let path = try await cache(source, producer, text("cache_name"), job.initiator, party) else {
                throw failure(
                    "\(party.text) has no cache of \(producer) of the job \(source)", "component_name",
                    "Name a component of a job of \(job.initiator.text) that made one there")
            }
            return Loaded(port: "cache", source: .file(path))
        }
        let reference = ModelReference(id: try required("model_id"), version: try required("model_version"))
        let producer = try required("component_name")
        guard let model = try await registry.model(reference, at: party),
            model.contents.trained.initiator.id == job.initiator.id
        else {
            throw failure(
                "\(party.text) has no version \(reference.version) of \(reference.id) that \(job.initiator.text) may load",
                "model_version", "Name a version of the same initiator")
        }
        if text("step_index") != nil || text("step_name") != nil {
            do {
                let checkpoints = ModelCheckpoints(model)
                let step = try checkpoints.step(
                    of: producer, index: text("step_index").flatMap { Int($0) }, name: text("step_name"))
                if let bytes = try checkpoints.content(ModelChange.Checkpoint(task: producer, step: step)) {
                    return Loaded(port: "model", source: .bytes(bytes))
                }
            } catch let error as SiteError {
                throw failure(error.message, "step_index", error.hint ?? "")
            }
        }
        let alias = text("model_alias")
        let files = model.files.filter { $0.task == producer && (alias == nil || alias == $0.name) }
        guard let file = files.first ?? model.files.first(where: { $0.task == producer && $0.name == "model" }) else {
            let known = Set(model.files.map(\.task)).sorted().joined(separator: ", ")
            throw failure(
                "the version \(reference.version) has no model of \(producer) at \(party.text)", "component_name",
                known.isEmpty ? "It has none at all" : "It has those of \(known)")
        }
        return Loaded(port: "model", source: .file(try registry.checkedPath(file)))
    }

    private func cache(
        _ source: JobID, _ producer: String, _ name: String?, _ initiator: Party, _ party: Party
    ) async throws -> String? {
        let key = MemberKey(job: source, party: party)
        guard let member = try await HeartRows.member(key, in: registry.store), member.job.initiator.id == initiator.id
        else { return nil }
        let caches = try await registry.store.artifacts(job: source).filter {
            $0.kind == "cache" && $0.task == producer && $0.role == party.role.rawValue && $0.party == party.id
                && (name == nil || name == $0.name)
        }
        return caches.max { $0.attempt < $1.attempt }?.path
    }
}
