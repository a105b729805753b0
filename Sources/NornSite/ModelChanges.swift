import Foundation
import Logging
import NornFlow
import NornManifest
import NornStore

/// What a party says of a job that changes a model, or takes tasks' models from a kept version; and the version that
/// such a job leaves when it ends as success.
struct ModelRules: Sendable {
    static let field = "model_version"

    let registry: ModelRegistry

    // MARK: Before

    /// Why a party's part of a model cannot be changed so; nil when it can.
    func flaw(_ change: ModelChange, _ job: Job, at party: Party) async throws -> Failure? {
        func failure(_ what: String, _ advice: String, field: String = ModelRules.field) -> Failure {
            Failure(.refused, what, party: party, field: field, advice: advice)
        }
        guard job.tasks.isEmpty, ModelReference.parties(of: change.source.id).map(Set.init) == Set(job.parties) else {
            return failure(
                "the job is not one of the parties of \(change.source.id)", "Name all of them", field: "model_id")
        }
        guard let model = try await registry.model(change.source, at: party) else {
            return failure(
                "\(party.text) has no version \(change.source.version) of \(change.source.id)",
                "Its job may have failed, or been cleaned up there")
        }
        guard model.contents.trained.initiator == job.initiator else {
            return failure(
                "the model is of \(model.contents.trained.initiator.text), not of \(job.initiator.text)",
                "Its initiator deploys and migrates it")
        }
        for file in model.files where !BackupFiles.isThere(URL(filePath: file.path)) {
            return failure(
                "\(party.text) has no file of \(file.task).\(file.name) any more", "Train the model again")
        }
        do {
            try registry.checkSize(model)
        } catch let error as SiteError {
            return failure(error.message, "Deploy fewer components of another training")
        }
        for checkpoint in change.checkpoints {
            do {
                try ModelCheckpoints(model).check(checkpoint)
            } catch let error as SiteError {
                return failure(error.message, error.hint ?? "", field: "components_checkpoint.\(checkpoint.task)")
            }
        }
        switch change.kind {
        case .deploy:
            guard (try? JSON(parsing: change.predictDSL))?["components"]?.asObject?.isEmpty == false else {
                return failure("the DSL of predict jobs has no components", "Send one", field: "predict_dsl")
            }
        case .migrate:
            guard change.moves.count == job.parties.count, Set(change.moves.map(\.from)) == Set(job.parties),
                Set(change.moves.map(\.to)).count == change.moves.count,
                change.moves.allSatisfy({ $0.from.role == $0.to.role })
            else {
                return failure(
                    "a migration names for each party of the model the id that it becomes", "Name every party once",
                    field: "migrate_role")
            }
        }
        // The job's id is the coordinator's choice, and what is kept is never written over.
        let keeper = change.successor(of: party)
        if try await registry.kept(change.made(by: job.id), at: keeper) != nil {
            return failure("\(keeper.text) keeps a version \(job.id) already", "Submit the change again")
        }
        return nil
    }

    /// Why a party cannot give a job's tasks the kept models that they take; nil when it can.
    func flaw(ofInputsOf job: Job, at party: Party) async throws -> Failure? {
        for task in job.tasks where task.parties.contains(party) && !task.isPassedOver(at: party) {
            for input in task.inputs {
                guard let reference = input.model else { continue }
                guard let model = try await registry.model(reference, at: party) else {
                    return Failure(
                        .refused, "\(party.text) has no version \(reference.version) of \(reference.id)", party: party,
                        task: task.name, field: "conf.job_parameters.common.model_version",
                        advice: "Deploy the model, or import that party's part of it")
                }
                guard model.contents.trained.initiator.id == job.initiator.id else {
                    return Failure(
                        .refused,
                        "the model \(reference.version) is of \(model.contents.trained.initiator.text), not of "
                            + "\(job.initiator.text)", party: party, task: task.name,
                        field: "conf.job_parameters.common.model_version", advice: "Its initiator predicts with it")
                }
                guard model.isDeployed || job.parameters.model == nil else {
                    return Failure(
                        .refused, "only deployed models could be used to execute predict job", party: party,
                        task: task.name, field: "conf.job_parameters.common.model_version",
                        advice: "Deploy it first: norn model deploy")
                }
            }
        }
        return nil
    }

    // MARK: After

    /// The version that a job leaves at a party: written with the row of the party's end.
    func version(_ member: Member) async throws -> NewModel? {
        guard let change = member.job.parameters.modelChange,
            let source = try await registry.model(change.source, at: member.key.party)
        else { return nil }
        var model = source
        model.reference = change.made(by: member.key.job)
        model.party = change.successor(of: member.key.party)
        switch change.kind {
        case .deploy:
            model.contents.predictDSL = change.predictDSL
            for checkpoint in change.checkpoints { try take(checkpoint, of: source, into: &model) }
        case .migrate:
            model.contents.trained = Self.moved(source.contents.trained, by: change)
        }
        let initiator = model.contents.trained.initiator
        return try registry.rows(
            model, initiator: initiator, origin: change.kind == .deploy ? .deploy : .migrate,
            source: change.source.version)
    }

    /// A component's model as it was at a step takes the place of its last one.
    private func take(
        _ checkpoint: ModelChange.Checkpoint, of source: PartyModel, into model: inout PartyModel
    ) throws {
        guard let bytes = try ModelCheckpoints(source).content(checkpoint) else { return }
        let file = registry.home.models.appending(path: FreshID.hexadecimal(bytes: 16))
        try writePrivateFile(Data(bytes), to: file, isDurable: true)
        for index in model.files.indices where model.files[index].task == checkpoint.task {
            model.files[index].path = file.path
            model.files[index].digest = nil
        }
        // What the component told of its model was of the last one.
        model.contents.views.removeAll { $0.task == checkpoint.task }
    }

    /// A job as if the parties had had their new ids.
    private static func moved(_ job: Job, by change: ModelChange) -> Job {
        func party(_ party: Party) -> Party { change.successor(of: party) }
        var job = job
        job.initiator = party(job.initiator)
        job.parties = job.parties.map(party)
        job.parameters.partySizes = Dictionary(
            job.parameters.partySizes.map { (party($0.key), $0.value) }, uniquingKeysWith: { $1 })
        for index in job.tasks.indices {
            job.tasks[index].parties = job.tasks[index].parties.map(party)
            job.tasks[index].parameters = Dictionary(
                job.tasks[index].parameters.map { (party($0.key), $0.value) }, uniquingKeysWith: { $1 })
        }
        return job
    }
}

/// Makes the rows of versions for the heart's commit.
struct ModelKeeping: Sendable {
    let rules: ModelRules
    let logger: Logger

    /// A store that does not answer is tried again with the turn; a version that cannot be made is left out and said,
    /// since the job's end is decided.
    func versions(_ members: [Member]) async throws -> [NewModel] {
        var versions: [NewModel] = []
        for member in members {
            do {
                if let version = try await rules.version(member) {
                    versions.append(version)
                } else {
                    logger.critical("a model's version is lost: its source is gone", metadata: ["job": "\(member.key)"])
                }
            } catch let failure as any StorageFailure where failure.mayPass {
                throw failure
            } catch {
                logger.critical(
                    "a model's version is lost", metadata: ["job": "\(member.key)", "error": "\(error)"])
            }
        }
        return versions
    }
}

extension HeartStep {
    /// Members whose job changed a model and has ended as success in this turn.
    var changedModels: [Member] {
        members.sorted { $0.key < $1.key }.compactMap { key, row in
            guard row.value.job.parameters.modelChange != nil, row.value.orders.end == .success,
                rows.members[key]?.value.orders.end != .success
            else { return nil }
            return row.value
        }
    }
}
