import NornDialects
import NornFlow
import NornManifest
import NornSite

/// Models as FATE's 1.x dialect speaks of them.
extension Site {
    /// Deploys a version: the DSL of predict jobs follows from the components, or is the client's own.
    /// - Parameters:
    ///   - components: those that are deployed; nil for all. Not with a DSL.
    ///   - predictDSL: nil or empty takes the one that follows from the train job.
    ///   - checkpoints: components whose model is an earlier one than the last.
    func deploy(
        _ source: ModelReference, components: [String]?, predictDSL: JSON?, checkpoints: [CheckpointChoice] = [],
        caller: Caller
    ) async throws -> ModelChangeView {
        let model = try await initiatorsModel(source, caller)
        do {
            if let predictDSL, !predictDSL.isNull, predictDSL != [:] {
                guard components == nil else {
                    throw SiteError.invalid(
                        "A deployment takes a predict DSL or a list of components, not both", field: "cpn_list")
                }
                try FATE1Dialect.checkPredictDSL(predictDSL, of: source, outputs: model.outputs)
                return try await deployModel(source, predictDSL: predictDSL, checkpoints: checkpoints, caller)
            }
            let dsl = try InferenceDSL.make(from: model.trained, components: components)
            return try await deployModel(source, predictDSL: dsl, checkpoints: checkpoints, caller)
        } catch let refusal as DialectRefusal {
            throw SiteError(refusal)
        }
    }

    /// The DSL of predict jobs of a deployed version.
    func predictDSL(of reference: ModelReference, caller: Caller) async throws -> JSON {
        guard let dsl = try await initiatorsModel(reference, caller).predictDSL else {
            throw Self.notDeployed(reference)
        }
        return dsl
    }

    /// A conf for predict jobs of a version, with tables to be filled in.
    func predictConf(of reference: ModelReference, caller: Caller) async throws -> JSON {
        FATE1Dialect.predictConfTemplate(
            of: reference, trained: try await initiatorsModel(reference, caller).trained)
    }

    /// What a predict job's conf asks for; nil for a train job.
    func deployedModel(for conf: JSON, caller: Caller) async throws -> DeployedModel? {
        let reference: ModelReference?
        do {
            reference = try FATE1Dialect.model(of: conf)
        } catch {
            throw SiteError(error)
        }
        guard let reference else { return nil }
        do {
            let model = try await initiatorsModel(reference, caller)
            guard let dsl = model.predictDSL else { throw Self.notDeployed(reference) }
            return DeployedModel(
                reference: reference, predictDSL: dsl, trained: model.trained, outputs: model.outputs)
        } catch var error as SiteError {
            error.field = error.field.map { "conf.job_parameters.common.\($0)" }
            throw error
        }
    }

    private static func notDeployed(_ reference: ModelReference) -> SiteError {
        SiteError(
            "model_not_deployed",
            "The version \(reference.version) is not deployed: only deployed models could be used to execute predict job",
            field: "model_version", hint: "Deploy it first, and name the version that the deployment answers")
    }
}
