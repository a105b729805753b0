import Foundation
import NornFlow
import NornManifest
import NornStore

/// The models of this site's parties, each party's own part alone: versions that are kept, and those that the jobs of
/// this site left.
struct ModelRegistry: Sendable {
    /// Jobs in a row that inherit from each other.
    static let inheritanceMaximum = 16
    /// Of all files of one version at one party.
    static let versionBytesMaximum: Int64 = 1 << 30
    static let filesMaximum = 4096

    let store: any Store
    let home: SiteHome

    /// A version at a party; nil when there is none.
    func model(_ reference: ModelReference, at party: Party) async throws -> PartyModel? {
        if let kept = try await kept(reference, at: party) { return kept }
        return try await trained(reference, at: party)
    }

    /// A version that was deployed, migrated or imported.
    func kept(_ reference: ModelReference, at party: Party) async throws -> PartyModel? {
        let record = try await store.model(
            id: reference.id, version: reference.version, role: party.role.rawValue, party: party.id)
        return if let record { try await kept(record) } else { nil }
    }

    func kept(_ record: ModelRecord) async throws -> PartyModel? {
        guard let role = Role(rawValue: record.role) else { return nil }
        let files = try await store.modelFiles(of: record)
        return PartyModel(
            reference: ModelReference(id: record.modelID, version: record.version),
            party: Party(role: role, id: record.party), origin: ModelOrigin(rawValue: record.origin) ?? .import,
            source: record.source, created: record.created, contents: try ModelContents.decode(record.contents),
            files: files.map { PartyModel.File(task: $0.task, name: $0.name, path: $0.path, digest: $0.digest) })
    }

    /// The version that a train job made, as it left it.
    private func trained(_ reference: ModelReference, at party: Party) async throws -> PartyModel? {
        let key = MemberKey(job: reference.version, party: party)
        guard let member = try await HeartRows.member(key, in: store), Self.isTrained(member),
            ModelReference(of: member.job) == reference
        else { return nil }
        let trained = try await fullJob(member)
        var files: [PartyModel.File] = []
        var checkpoints: [PartyModel.File] = []
        var views: [ModelContents.View] = []
        for (job, tasks) in try await sources(of: member) {
            let artifacts = try await artifacts(of: job, tasks, party)
            files += artifacts.filter { $0.kind == "model" }.map(PartyModel.File.init)
            checkpoints += artifacts.filter { $0.kind == "cache" && $0.name == ModelCheckpoints.output }
                .map(PartyModel.File.init)
            views += try await self.views(of: job, tasks, party)
        }
        return PartyModel(
            reference: reference, party: party, origin: .train,
            created: try await store.job(member.key.job)?.created ?? 0,
            contents: ModelContents(trained: trained, views: views), files: files, checkpoints: checkpoints)
    }

    private static func isTrained(_ member: Member) -> Bool {
        let parameters = member.job.parameters
        return parameters.modelChange == nil && parameters.kind == .train && !member.job.tasks.isEmpty
            && (member.orders.end ?? member.orders.jobStatus) == .success
    }

    /// Where the job began, its coordinator knows the parameters of every party.
    private func fullJob(_ member: Member) async throws -> Job {
        guard member.key.party.id == member.job.initiator.id,
            let coordinator = try await HeartRows.coordinator(member.key.job, in: store)?.value
        else { return member.job }
        return coordinator.job
    }

    /// The job's tasks by the job that ran them: inherited ones have their outputs there.
    private func sources(of member: Member) async throws -> [(job: JobID, tasks: Set<String>)] {
        var left = Set(member.job.tasks.map(\.name))
        var job = member.job
        var sources: [(JobID, Set<String>)] = []
        for _ in 0..<Self.inheritanceMaximum {
            let ran = Set(try await store.attempts(job: job.id).map(\.task)).intersection(left)
            sources.append((job.id, ran))
            left.subtract(ran)
            guard !left.isEmpty, let earlier = job.parameters.inheritance?.job,
                let next = try await HeartRows.member(MemberKey(job: earlier, party: member.key.party), in: store),
                next.job.initiator == member.job.initiator
            else { break }
            job = next.job
        }
        return sources
    }

    /// What the last attempts of tasks left here.
    private func artifacts(of job: JobID, _ tasks: Set<String>, _ party: Party) async throws -> [ArtifactRecord] {
        let all = try await store.artifacts(job: job).filter {
            tasks.contains($0.task) && $0.role == party.role.rawValue && $0.party == party.id
        }
        let newest = Dictionary(grouping: all, by: \.task).mapValues { $0.map(\.attempt).max() ?? 0 }
        return all.filter { $0.attempt == newest[$0.task] && $0.position == 0 }
    }

    private func views(of job: JobID, _ tasks: Set<String>, _ party: Party) async throws -> [ModelContents.View] {
        let all = try await store.tracking(job: job, task: nil, kind: .model).filter {
            tasks.contains($0.task) && $0.role == party.role.rawValue && $0.party == party.id
        }
        let newest = Dictionary(grouping: all, by: \.task).mapValues { $0.map(\.attempt).max() ?? 0 }
        var views: [String: ModelContents.View] = [:]
        for record in all where record.attempt == newest[record.task] {
            views["\(record.task)/\(record.name)"] = ModelContents.View(
                task: record.task, name: record.name, value: String(decoding: record.payload, as: UTF8.self))
        }
        return views.sorted { $0.key < $1.key }.map(\.value)
    }

    /// The bytes of a kept file, which must be those that were kept.
    func checkedPath(_ file: PartyModel.File) throws -> String {
        guard let digest = file.digest else { return file.path }
        let url = URL(filePath: file.path)
        guard BackupFiles.isThere(url), try BackupFiles.digest(url).digest == digest else {
            throw SiteError(
                "model_damaged", "The file of \(file.task).\(file.name) is not as it was kept",
                hint: "Restore it from a backup, or import the version again")
        }
        return file.path
    }

    /// Throws for a version of more or larger files than a site keeps.
    func checkSize(_ model: PartyModel) throws {
        guard model.files.count <= Self.filesMaximum else {
            throw SiteError("model_too_large", "A version keeps at most \(Self.filesMaximum) files")
        }
        let sizes = model.files.map { file in
            (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int64) ?? 0
        }
        guard sizes.reduce(0, +) <= Self.versionBytesMaximum else {
            throw SiteError("model_too_large", "A version keeps at most \(Self.versionBytesMaximum >> 20) MiB")
        }
    }

    /// A version as rows. Files are shared with the job that made them: what is sealed never changes.
    func rows(
        _ model: PartyModel, initiator: Party, origin: ModelOrigin, source: String
    ) throws -> NewModel {
        let (reference, party) = (model.reference, model.party)
        try checkSize(model)
        let files = try model.files.map { file in
            let read = try BackupFiles.digest(URL(filePath: file.path))
            if let digest = file.digest, digest != read.digest { _ = try checkedPath(file) }
            return ModelFileRecord(
                modelID: reference.id, version: reference.version, role: party.role.rawValue, party: party.id,
                task: file.task, name: file.name, path: file.path, digest: read.digest, bytes: read.bytes)
        }
        return NewModel(
            record: ModelRecord(
                modelID: reference.id, version: reference.version, role: party.role.rawValue, party: party.id,
                initiator: initiator.text, origin: origin.rawValue, source: source,
                created: Clocks.wallMilliseconds(), contents: try model.contents.encoded()),
            files: files)
    }
}

extension PartyModel.File {
    fileprivate init(_ artifact: ArtifactRecord) {
        self.init(task: artifact.task, name: artifact.name, path: artifact.path)
    }
}
