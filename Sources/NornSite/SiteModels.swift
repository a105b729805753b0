import Foundation
import NornFlow
import NornManifest
import NornStore

/// Models of this site's parties: what is kept of them, and the jobs that make new versions at all parties or at none.
extension Site {
    static let modelsListed = 1000
    /// How long a deployment waits for its end, and then for the word of each party.
    static let modelChangeMilliseconds: Int64 = 30_000

    var models: ModelRegistry { rules.models.registry }

    // MARK: Looking

    /// Kept versions of the caller's parties, newest first.
    public func modelList(version: String?, _ caller: Caller) async throws -> [ModelSummary] {
        let records = try await store.models(version: version, limit: Self.modelsListed)
        let tags = try await store.taggedModels()
        var list: [ModelSummary] = []
        for record in records where caller.mayActFor(record.party) {
            guard let model = try await models.kept(record) else { continue }
            list.append(ModelSummary(model, tags: tags))
        }
        return list
    }

    /// A version at the caller's parties, also one that a train job left; with its model id where one version has
    /// several.
    public func modelParts(_ version: String, id: String?, _ caller: Caller) async throws -> [ModelDetail] {
        let parts = try await parts(version, id: id).filter { caller.mayActFor($0.party.id) }
        guard !parts.isEmpty else { throw SiteError.notFound("model", version) }
        let tags = try await store.taggedModels()
        return parts.map { ModelDetail($0, tags: tags) }
    }

    private func parts(_ version: String, id: String?) async throws -> [PartyModel] {
        var parts: [PartyModel] = []
        for record in try await store.models(version: version, limit: Self.modelsListed) {
            if let model = try await models.kept(record) { parts.append(model) }
        }
        for (role, ids) in try await store.job(version)?.parties ?? [:] {
            guard let role = Role(rawValue: role) else { continue }
            for party in ids.map({ Party(role: role, id: $0) }) where links.isLocal(party) {
                guard let member = try await driver.members(of: version).first(where: { $0.key.party == party })
                else { continue }
                let reference = ModelReference(of: member.job)
                guard !parts.contains(where: { $0.reference == reference && $0.party == party }) else { continue }
                if let model = try await models.model(reference, at: party), model.origin == .train {
                    parts.append(model)
                }
            }
        }
        return parts.filter { id == nil || $0.reference.id == id }
            .sorted { ($0.reference.id, $0.party) < ($1.reference.id, $1.party) }
    }

    /// One party's part.
    func modelPart(_ reference: ModelReference, _ party: Party, _ caller: Caller) async throws -> PartyModel {
        try caller.requireParty(party.id, field: "party_id")
        guard let model = try await models.model(reference, at: party) else {
            throw SiteError(
                "model_not_found", "\(party.text) has no version \(reference.version) of \(reference.id) here",
                field: "model_version", party: party.text, hint: "norn model list shows the versions that are kept")
        }
        return model
    }

    /// What the initiator's site has of a version: to deploy it, migrate it or predict with it.
    public func initiatorsModel(_ reference: ModelReference, _ caller: Caller) async throws -> InitiatorsModel {
        InitiatorsModel(try await initiatorsPart(reference, caller))
    }

    private func initiatorsPart(_ reference: ModelReference, _ caller: Caller) async throws -> PartyModel {
        guard let parties = ModelReference.parties(of: reference.id) else {
            throw SiteError.invalid(
                "\(reference.id.prefix(200)) is no model's id", field: "model_id",
                hint: "It is as guest-9999#host-10000#model")
        }
        for party in parties where links.isLocal(party) && caller.mayActFor(party.id) {
            guard let model = try await models.model(reference, at: party) else { continue }
            let initiator = model.contents.trained.initiator
            guard links.isLocal(initiator), caller.mayActFor(initiator.id),
                let own = try await models.model(reference, at: initiator)
            else {
                throw SiteError(
                    "forbidden_model", "The model \(reference.version) is of \(initiator.text)", field: "model_id",
                    party: initiator.text, hint: "Ask at its site, with a token for that party")
            }
            return own
        }
        throw SiteError(
            "model_not_found", "There is no version \(reference.version) of \(reference.id) here",
            field: "model_version", hint: "norn model list shows the versions that are kept")
    }

    // MARK: Changing

    /// Makes a version that predict jobs may run, at every party of the model or at none.
    /// - Parameter predictDSL: JSON of what they run.
    public func deployModel(
        _ source: ModelReference, predictDSL: JSON, checkpoints: [CheckpointChoice] = [], _ caller: Caller
    ) async throws -> ModelChangeView {
        var change = ModelChange(kind: .deploy, source: source, predictDSL: predictDSL.text())
        if !checkpoints.isEmpty {
            let own = try await initiatorsPart(source, caller)
            change.checkpoints = try checkpoints.map { choice in
                ModelChange.Checkpoint(
                    task: choice.task,
                    step: try ModelCheckpoints(own).step(of: choice.task, index: choice.index, name: choice.name))
            }
        }
        return try await self.change(change, caller)
    }

    /// The checkpoints that a component of a train job kept at one party.
    public func checkpoints(
        _ reference: ModelReference, _ party: Party, task: String, _ caller: Caller
    ) async throws -> [CheckpointView] {
        try ModelCheckpoints(try await modelPart(reference, party, caller)).list(task)
    }

    /// A component's model as it was at a checkpoint, as the component would hand it out.
    public func checkpoint(
        _ choice: CheckpointChoice, of reference: ModelReference, _ party: Party, _ caller: Caller
    ) async throws -> (view: CheckpointView, model: [UInt8]) {
        let checkpoints = ModelCheckpoints(try await modelPart(reference, party, caller))
        let step = try checkpoints.step(of: choice.task, index: choice.index, name: choice.name)
        guard let view = try checkpoints.list(choice.task).last(where: { $0.index == step }),
            let model = try checkpoints.content(ModelChange.Checkpoint(task: choice.task, step: step))
        else {
            throw SiteError(
                "checkpoint_not_found", "\(party.text) has no model of \(choice.task)", field: "component_name",
                party: party.text)
        }
        return (view, model)
    }

    /// Makes a version for other party ids, at every party of the model or at none; each of them is asked.
    public func migrateModel(
        _ source: ModelReference, moves: [ModelChange.Move], _ caller: Caller
    ) async throws -> ModelChangeView {
        try await change(ModelChange(kind: .migrate, source: source, moves: moves), caller)
    }

    private func change(_ change: ModelChange, _ caller: Caller) async throws -> ModelChangeView {
        let trained = try await initiatorsModel(change.source, caller).trained
        try links.requireModels(of: trained.parties, field: "model_id")
        var parameters = JobParameters(submitter: caller.submitter)
        parameters.modelChange = change
        let job = Job(
            id: FreshID.job(), initiator: trained.initiator, parties: trained.parties, tasks: [],
            parameters: parameters)
        try await submit(job: job, caller: caller)
        let isConfirmed = try await awaited(job.id, milliseconds: Self.modelChangeMilliseconds) { () -> Bool? in
            guard let coordinator = try await driver.coordinator(job.id) else { return false }
            if coordinator.phase == .ended, coordinator.status != .success { return false }
            if coordinator.members.values.contains(where: { $0.report?.approval == .waitingForApproval }) {
                return false
            }
            return coordinator.stopConfirmed.values.allSatisfy { $0 } && coordinator.phase == .ended ? true : nil
        }
        guard let coordinator = try await driver.coordinator(job.id) else { throw SiteError.notFound("job", job.id) }
        if isConfirmed != true, coordinator.phase == .ended, coordinator.status != .success {
            throw coordinator.failure.map { SiteError($0) }
                ?? SiteError("model_not_changed", "The job \(job.id) ended as \(coordinator.status.rawValue)")
        }
        return view(of: coordinator, change)
    }

    private func view(of coordinator: Coordinator, _ change: ModelChange) -> ModelChangeView {
        let job = coordinator.job
        return ModelChangeView(
            modelID: change.made(by: job.id).id, version: job.id, status: coordinator.status.rawValue,
            waiting: coordinator.phase == .ended
                ? nil : WaitingView.line(coordinator.waitingReasons().map { WaitingView($0, InstantClock()) }),
            parties: job.parties.map { party in
                ModelChangeView.PartyPart(
                    role: party.role.rawValue, party: party.id,
                    done: coordinator.status == .success && coordinator.members[party]?.report?.settled == true)
            })
    }

    /// Forgets a kept version at one party; its file goes when nothing else has it.
    public func removeModel(_ reference: ModelReference, _ party: Party, _ caller: Caller) async throws {
        try caller.requireParty(party.id, field: "party_id")
        guard
            let record = try await store.model(
                id: reference.id, version: reference.version, role: party.role.rawValue, party: party.id)
        else {
            throw SiteError(
                "model_not_found", "\(party.text) keeps no version \(reference.version) of \(reference.id)",
                field: "model_version", party: party.text,
                hint: "What a train job left goes with its job: norn job clean \(reference.version)")
        }
        guard await !driver.neededJobs.contains(reference.version) else {
            throw SiteError("model_in_use", "A job that lives uses the version \(reference.version)")
        }
        let paths = Set(try await store.modelFiles(of: record).map(\.path))
        _ = try await store.removeModel(record)
        for path in paths.subtracting(try await store.sealedPaths()) where path.hasPrefix(home.models.path + "/") {
            try? FileManager.default.removeItem(atPath: path)
        }
        try await audit(
            .modelRemoved, by: caller, party: party.text, subject: reference.id, text: "version \(reference.version)")
    }

    // MARK: Export and import

    /// One party's part as a ZIP file, with the file's digest.
    public func exportModel(
        _ reference: ModelReference, _ party: Party, _ caller: Caller
    ) async throws -> (archive: [UInt8], digest: String) {
        let model = try await modelPart(reference, party, caller)
        let bytes = try ModelArchive(model, registry: models).encoded()
        let digest = ModelArchive.digest(bytes)
        try await audit(
            .modelExported, by: caller, party: party.text, subject: reference.id, digest: digest,
            text: "version \(reference.version)")
        return (bytes, digest)
    }

    /// Takes a part that another site, or this one, exported, for a party of this site.
    public func importModel(
        _ archive: [UInt8], expecting: ModelImport, _ caller: Caller
    ) async throws -> ModelDetail {
        try disk.requireRoom()
        let model = try importable(archive, expecting, caller)
        let reference = ModelReference(id: model.manifest.modelID, version: model.manifest.version)
        let party = Party(role: Role(rawValue: model.manifest.role) ?? .guest, id: model.manifest.party)
        if !expecting.replaces, try await models.model(reference, at: party) != nil {
            throw SiteError(
                "model_exists", "\(party.text) has a version \(reference.version) of \(reference.id) already",
                field: "model_version", party: party.text, hint: "Say force_update to replace it")
        }
        var written: [URL] = []
        do {
            var kept = PartyModel(
                reference: reference, party: party, origin: .import, source: model.manifest.source,
                created: Clocks.wallMilliseconds(), contents: model.manifest.contents, files: [])
            for (file, bytes) in zip(model.manifest.files, model.files) {
                let url = home.models.appending(path: FreshID.hexadecimal(bytes: 16))
                try writePrivateFile(Data(bytes), to: url, isDurable: true)
                written.append(url)
                kept.files.append(
                    PartyModel.File(task: file.task, name: file.name, path: url.path, digest: file.digest))
            }
            try BackupFiles.sync(folder: home.models)
            let rows = try models.rows(
                kept, initiator: kept.contents.trained.initiator, origin: .import, source: kept.source)
            guard try await store.putModel(rows, replaces: expecting.replaces) else {
                throw SiteError("conflict", "The version \(reference.version) came meanwhile", field: "model_version")
            }
            try await audit(
                .modelImported, by: caller, party: party.text, subject: reference.id,
                digest: ModelArchive.digest(archive), text: "version \(reference.version)")
            return ModelDetail(kept, tags: try await store.taggedModels())
        } catch {
            for url in written where try await !store.sealedPaths().contains(url.path) {
                try? FileManager.default.removeItem(at: url)
            }
            throw error
        }
    }

    /// Reads an archive and holds it against what the caller says it is.
    private func importable(_ archive: [UInt8], _ expecting: ModelImport, _ caller: Caller) throws -> ModelArchive {
        if let digest = expecting.digest, digest.lowercased() != ModelArchive.digest(archive) {
            throw SiteError(
                "archive_refused", "The archive is not the one that was exported: its digest differs", field: "digest",
                hint: "Transfer it again")
        }
        let model = try ModelArchive(decoding: archive)
        let manifest = model.manifest
        let pairs = [
            ("model_id", expecting.modelID, manifest.modelID), ("model_version", expecting.version, manifest.version),
            ("role", expecting.role, manifest.role), ("party_id", expecting.party, manifest.party),
        ]
        for (field, wanted, found) in pairs {
            if let wanted, wanted != found {
                throw SiteError(
                    "archive_refused", "The archive is of \(field) \(found.prefix(200)), not \(wanted.prefix(200))",
                    field: field, hint: "Import it as what it is")
            }
        }
        guard let role = Role(rawValue: manifest.role), settings.serves(manifest.party),
            links.isLocal(Party(role: role, id: manifest.party))
        else {
            throw SiteError(
                "foreign_model", "The archive is of party \(manifest.party), which this site does not serve",
                field: "party_id", hint: "Import it at the site of that party, or migrate the model first")
        }
        try caller.requireParty(manifest.party, field: "party_id")
        return model
    }
}

/// What an archive is said to be; nil for what is not said.
public struct ModelImport: Sendable {
    public var modelID: String?
    public var version: String?
    public var role: String?
    public var party: String?
    /// SHA-256 of the archive.
    public var digest: String?
    /// Whether a version that is there is replaced.
    public var replaces = false

    public init() {}
}

/// What the initiator's site knows of a version.
public struct InitiatorsModel: Sendable {
    public var reference: ModelReference
    /// The train job with the parameters of every party.
    public var trained: Job
    /// Nil for a version that was not deployed.
    public var predictDSL: JSON?

    init(_ model: PartyModel) {
        reference = model.reference
        trained = model.contents.trained
        predictDSL = model.isDeployed ? try? JSON(parsing: model.contents.predictDSL) : nil
    }

    /// Component -> names of the models that it makes.
    public var outputs: [String: Set<String>] {
        let pairs = trained.tasks.map { task in
            (task.name, Set(task.outputs.filter { $0.kind == .model }.map(\.name)))
        }
        return Dictionary(pairs.filter { !$0.1.isEmpty }, uniquingKeysWith: { $1 })
    }
}
