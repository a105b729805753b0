import Foundation
import NornFlow
import NornManifest
import NornStore

/// Data on its way in and out: always through a worker, as a small job of the site itself.
extension Site {
    static let transferMilliseconds: Int64 = 86_400_000

    /// A file in a fresh folder of `uploads`; the caller removes the folder.
    public func newUploadFile() throws -> URL {
        try disk.requireRoom()
        let folder = home.uploads.appending(path: FreshID.hexadecimal(bytes: 12))
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return folder.appending(path: "data.csv")
    }

    /// Writes a table from a CSV file; the name points to it when it is whole.
    public func upload(_ request: UploadRequest, file: URL, _ caller: Caller) async throws -> UploadView {
        let owner = try owner(request, caller)
        try await tables.checkName(request.namespace, request.name, owner: owner)
        if !request.replaces { try await tables.requireFree(request.namespace, request.name) }
        guard request.delimiter.utf8.count == 1 else {
            throw SiteError.invalid("The delimiter is one character of ASCII", field: "delimiter")
        }
        let base = request.merges ? try await base(of: request, caller) : nil
        let job = try siteJob(
            "upload_0", module: "Upload", party: worker(of: owner),
            parameters: request.parameters(partitions: base?.partitions ?? settings.jobs.partitions),
            outputs: [TaskOutput(name: "data", kind: .data)], engine: base?.engine ?? request.engine)
        let summary = try await run(job, input: base.map { .merge(file.path, $0) } ?? .file(file.path))
        let artifact = try await artifact(of: summary, kind: "table")
        let record = TableRecord(
            namespace: request.namespace, name: request.name, sealed: URL(filePath: artifact.path).lastPathComponent,
            engine: artifact.engine, path: artifact.path, schema: artifact.schema, rows: artifact.rows,
            partitions: artifact.partitions, owner: owner, created: Clocks.wallMilliseconds())
        try await store.removeArtifacts(job: summary.job)
        try await tables.replace(with: record, onlyIfFree: !request.replaces, onlyIfStill: base?.path)
        return UploadView(job: summary.job, table: try await tables.view(record))
    }

    /// The table that an upload's rows are put over.
    private func base(of request: UploadRequest, _ caller: Caller) async throws -> TableRecord {
        guard !request.extendSID else {
            throw SiteError.invalid(
                "Rows are merged by the ids of the file", field: "merge", hint: "Leave extend_sid out")
        }
        guard request.partitions == nil, request.engine == nil else {
            throw SiteError.invalid(
                "A merged table keeps its partitions and its engine",
                field: request.engine == nil ? "partitions" : "engine", hint: "Leave it out")
        }
        _ = try await tables.record(request.namespace, request.name, caller)
        guard let stored = try await store.table(namespace: request.namespace, name: request.name) else {
            throw SiteError(
                "table_of_job", "The table \(request.namespace)/\(request.name) goes with its job", field: "name",
                hint: "Give it a name of its own first")
        }
        return stored
    }

    /// A table as a CSV file in a fresh folder, which the caller removes.
    public func download(_ namespace: String, _ name: String, _ caller: Caller) async throws -> URL {
        try await downloaded(namespace, name, delimiter: ",", caller).file
    }

    /// The same with another delimiter, and the job that wrote it.
    public func downloaded(
        _ namespace: String, _ name: String, delimiter: String, _ caller: Caller
    ) async throws -> (file: URL, job: JobID) {
        let table = try await tables.record(namespace, name, caller)
        guard delimiter.utf8.count == 1 else {
            throw SiteError.invalid("The delimiter is one character of ASCII", field: "delimiter")
        }
        let parameters: [String: ParameterValue] = [
            "namespace": .string(namespace), "name": .string(name), "delimiter": .string(delimiter),
        ]
        let job = try siteJob(
            "download_0", module: "Download", party: worker(of: table.owner), parameters: parameters, outputs: [],
            engine: table.engine)
        let summary = try await run(job, input: nil)
        let artifact = try await artifact(of: summary, kind: "file")
        try await store.removeArtifacts(job: summary.job)
        let file = try newUploadFile()
        guard rename(artifact.path, file.path) == 0 else {
            throw SiteError("file_not_read", "The download is not there any more", hint: "Try again")
        }
        return (file, summary.job)
    }

    /// The first rows of a table, through the same component as a download.
    public func preview(_ namespace: String, _ name: String, rows: Int, _ caller: Caller) async throws -> TablePreview {
        let view = try await tables.show(namespace, name, caller)
        let file = try await download(namespace, name, caller)
        defer { try? FileManager.default.removeItem(at: file.deletingLastPathComponent()) }
        let lines = try CSVLines.first(rows + 1, of: file)
        let cells = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        return TablePreview(table: view, header: cells.first ?? [], rows: Array(cells.dropFirst()))
    }

    /// The party whose worker handles a table.
    private func worker(of owner: String) -> String {
        guard owner == TableService.everyParty, !settings.servesAnyParty else { return owner }
        return settings.parties.first ?? owner
    }

    private func owner(_ request: UploadRequest, _ caller: Caller) throws -> String {
        let served = settings.servesAnyParty || !caller.parties.isEmpty ? caller.parties : settings.parties
        if request.party == nil, request.mayBeOfEveryParty, served.count != 1, caller.parties.isEmpty {
            return TableService.everyParty
        }
        guard let owner = request.party ?? (served.count == 1 ? served.first : nil) else {
            throw SiteError.invalid(
                "The site serves several parties, so a table needs its owner", field: "party", hint: "Say --party 9999")
        }
        guard !owner.isEmpty, owner.utf8.count <= 32, owner.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw SiteError.invalid("A party id is a number such as 9999", field: "party")
        }
        guard settings.serves(owner), links.isLocal(Party(role: .local, id: owner)) else {
            throw SiteError("party_not_served", "This site does not serve the party \(owner)", field: "party")
        }
        try caller.requireParty(owner, field: "party")
        return owner
    }

    // MARK: Jobs of the site itself

    private func siteJob(
        _ task: String, module: String, party: String, parameters: [String: ParameterValue], outputs: [TaskOutput],
        engine: String?
    ) throws -> Job {
        let local = Party(role: .local, id: party)
        let entry: CatalogueEntry
        do {
            entry = try shelf.catalogue.find(module)
        } catch {
            throw SiteError.unknownComponent(error, field: nil)
        }
        let defaults = entry.component.parameters.defaults
        var all = Dictionary(
            defaults.members.map { ($0.key, ParameterValue($0.value)) }, uniquingKeysWith: { $1 })
        for (name, value) in parameters
        where defaults[name] != nil || entry.component.parameters.properties[name] != nil {
            all[name] = value
        }
        var jobParameters = JobParameters()
        jobParameters.engine = engine
        jobParameters.submitter = Caller.site.submitter
        return Job(
            id: FreshID.job(), initiator: local, parties: [local],
            tasks: [JobTask(name: task, module: module, parties: [local], parameters: [local: all], outputs: outputs)],
            parameters: jobParameters)
    }

    /// Runs a job to its end; its failure is thrown.
    private func run(_ job: Job, input: SiteInput?) async throws -> JobSummary {
        runner.setSiteInput(input, of: job.id)
        defer { runner.setSiteInput(nil, of: job.id) }
        try await submit(job: job, caller: .site)
        guard let summary = try await waitForEnd(job.id, milliseconds: Self.transferMilliseconds) else {
            throw SiteError("draining", "The site stopped before the data was there", hint: "Try again")
        }
        guard summary.status == JobStatus.success.rawValue else {
            throw summary.failure ?? SiteError("transfer_failed", "The job \(job.id) ended as \(summary.status)")
        }
        return summary
    }

    private func artifact(of job: JobSummary, kind: String) async throws -> ArtifactRecord {
        guard let artifact = try await store.artifacts(job: job.job).first(where: { $0.kind == kind }) else {
            throw SiteError("transfer_failed", "The job \(job.job) made no \(kind)")
        }
        return artifact
    }
}

/// Lines of a file that may be large.
enum CSVLines {
    static let bytesMaximum = 4 * 1_048_576

    static func first(_ count: Int, of file: URL) throws -> [Substring] {
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        let data = try handle.read(upToCount: bytesMaximum) ?? Data()
        let text = String(decoding: data, as: UTF8.self)
        return Array(text.split(separator: "\n", maxSplits: count, omittingEmptySubsequences: true).prefix(count))
    }
}

extension ParameterValue {
    init(_ json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(Int64(value))
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .array(elements.map { ParameterValue($0) })
        case .object(let object):
            self = .object(
                Dictionary(object.members.map { ($0.key, ParameterValue($0.value)) }, uniquingKeysWith: { $1 }))
        }
    }
}
