import Foundation
import NornFlow
import NornManifest
import NornStore
import NornWorkers

/// What the site gives to a job besides its graph: the file of an upload, the table of a download.
enum SiteInput: Sendable {
    case file(String)
    /// A file whose rows are put over those of a table.
    case merge(String, TableRecord)

    var file: String {
        switch self {
        case .file(let path), .merge(let path, _): path
        }
    }
}

/// Everything that a worker of an order needs, found on this site.
struct AttemptPlan: Sendable {
    var start: WorkerStart
    var component: ComponentDeclaration
    var plugin: PluginShelf.Plugin
    var folder: URL
    /// Paths of input tables, for outputs that hand one through.
    var inputPaths: Set<String>
    /// The same tables as outputs, in the order of the inputs.
    var tables: [ReportedOutput.Artifact]
}

/// Makes the plan of an attempt: resolves inputs to artifacts, names outputs, makes folders.
struct AttemptPlanner: Sendable {
    let store: any Store
    let shelf: PluginShelf
    let home: SiteHome
    let settings: SiteSettings
    let readings: TableReadings
    var registry: ModelRegistry { ModelRegistry(store: store, home: home) }
    let scratch: ScratchFolders

    /// The plan's scratch folder is to be left when the attempt is over.
    func plan(_ order: AttemptOrder, siteInput: SiteInput?) async throws -> AttemptPlan {
        let entry = try component(order.task)
        guard let library = shelf.library(of: entry), let engine = shelf.library(ofEngine: order.engine) else {
            throw SiteError(
                "plugin_not_found", "The plugin of \(order.task.module) or of \(order.engine) is not installed")
        }
        let inputs = try await inputs(order, entry.component, siteInput)
        let folder = try folders(order)
        let foreign = Set(inputs.compactMap(\.engine)).subtracting([order.engine]).sorted()
        let attempt = order.attempt
        var parties: [String: [String]] = [:]
        for party in order.jobParties { parties[party.role.rawValue, default: []].append(party.id) }
        let parameters = PrivacyRules(settings: settings.privacy).raised(order.parameters, of: entry.component)
        let start = WorkerStart(
            attempt: NornWorkers.AttemptIdentity(
                job: attempt.job, task: attempt.task, attempt: attempt.number, role: attempt.party.role.rawValue,
                party: attempt.party.id),
            component: entry.component.name, parties: parties, componentPlugin: library, enginePlugin: engine,
            engine: order.engine,
            foreignEngines: foreign.compactMap { name in
                shelf.library(ofEngine: name).map { ForeignEngine(name: name, library: $0) }
            }, parameters: CBOR.map(parameters.mapValues { CBOR($0) }).encoded(), inputs: inputs.map(\.input),
            outputs: entry.component.outputs.filter { $0.roles.contains { $0.rawValue == attempt.party.role.rawValue } }
                .map { WorkerOutput(name: $0.name, kind: $0.kind.rawValue) },
            scratch: folder.appending(path: "scratch").path, readable: inputs.map(\.path),
            cores: max(order.resources.cores, 1), memoryBytes: Int(order.resources.memoryBytes),
            partitions: order.partitions ?? inputs.first { $0.engine != nil }?.partitions ?? settings.jobs.partitions,
            extensions: extensions(entry.component),
            sandbox: WorkerSandbox(
                network: settings.sandbox.network, landlock: settings.sandbox.landlock,
                seccomp: settings.sandbox.seccomp),
            graceMilliseconds: entry.component.stopGraceMilliseconds, outputFile: folder.appending(path: "stderr").path,
            backtrace: settings.sandbox.backtrace)
        return AttemptPlan(
            start: start, component: entry.component, plugin: PluginShelf.Plugin(entry), folder: folder,
            inputPaths: Set(inputs.filter { $0.engine != nil }.map(\.path)), tables: inputs.compactMap(\.asOutput))
    }

    private func component(_ task: JobTask) throws -> CatalogueEntry {
        let provider = task.provider.map { $0.split(separator: "@", maxSplits: 1).map(String.init) } ?? []
        do {
            return try shelf.catalogue.find(
                task.module, provider: provider.first, version: provider.count > 1 ? provider[1] : nil)
        } catch {
            throw SiteError.unknownComponent(error, field: nil)
        }
    }

    /// What the component asked for; log, artifacts and tracking are always there.
    private func extensions(_ component: ComponentDeclaration) -> [String] {
        let always = ["norn.artifacts", "norn.engine", "norn.tracking", "norn.workers"]
        return Array(Set(always + component.permissions.map(\.extension))).sorted()
    }

    /// What stays of an attempt as long as its job.
    private func folder(_ order: AttemptOrder) throws -> URL {
        let attempt = order.attempt
        let folder = home.attempt(
            job: attempt.job, role: attempt.party.role.rawValue, party: attempt.party.id, task: attempt.task,
            attempt: attempt.number)
        try FileManager.default.createDirectory(
            at: folder.appending(path: "log"), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        return folder
    }

    private func folders(_ order: AttemptOrder) throws -> URL {
        let folder = try folder(order)
        try scratch.make(folder.appending(path: "scratch"))
        return folder
    }

    // MARK: Inputs

    private struct Found {
        var input: WorkerInput
        var path: String
        /// Of a table.
        var engine: String?
        var partitions = 0

        var asOutput: ReportedOutput.Artifact? {
            guard case .table(let engine, let descriptor, let schema, let rows) = input.source else { return nil }
            return .table(
                engine: engine, descriptor: descriptor, schema: schema, rows: rows, partitions: partitions,
                isInput: true)
        }
    }

    private func inputs(
        _ order: AttemptOrder, _ component: ComponentDeclaration, _ siteInput: SiteInput?
    ) async throws -> [Found] {
        let artifacts = try await artifacts(order)
        var found: [Found] = []
        for input in order.inputs where input.model != nil {
            if let model = try await keptModel(input, at: order.attempt.party) { found.append(model) }
        }
        found += order.inputs.compactMap { input -> Found? in
            guard input.model == nil else { return nil }
            let artifact = artifacts[input.job ?? order.attempt.job]?.first {
                $0.task == input.task && $0.attempt == input.attempt && $0.name == input.output
                    && $0.role == order.attempt.party.role.rawValue && $0.party == order.attempt.party.id
            }
            return artifact.map { Self.found($0, slot: input.slot, index: input.index) }
        }
        if JobRules.tableReaders.contains(component.name) {
            found.append(try await storedTable(order))
        }
        if ModelLoading.loaders.contains(component.name) { found.append(try await loadedModel(order, component)) }
        if let path = siteInput?.file {
            found.append(
                Found(
                    input: WorkerInput(name: "file", from: "site", source: .file(kind: "file", path: path)), path: path)
            )
        }
        if case .merge(_, let base)? = siteInput { found.append(Self.found(base)) }
        return found
    }

    /// Artifacts of the order's job, and of those that it inherits from. What is another initiator's stays its own.
    private func artifacts(_ order: AttemptOrder) async throws -> [JobID: [ArtifactRecord]] {
        var artifacts: [JobID: [ArtifactRecord]] = [:]
        let own = MemberKey(job: order.attempt.job, party: order.attempt.party)
        for job in Set(order.inputs.filter { $0.model == nil }.map { $0.job ?? own.job }) {
            if job != own.job {
                let source = try await HeartRows.member(MemberKey(job: job, party: own.party), in: store)
                guard let source, try await source.job.initiator == HeartRows.member(own, in: store)?.job.initiator
                else { throw SiteError.notFound("job", job) }
            }
            artifacts[job] = try await store.artifacts(job: job)
        }
        return artifacts
    }

    private static func found(_ artifact: ArtifactRecord, slot: String, index: Int) -> Found {
        let from = "\(artifact.task).\(artifact.name)"
        guard artifact.kind == "table" else {
            return Found(
                input: WorkerInput(
                    name: slot, index: index, from: from, source: .file(kind: artifact.kind, path: artifact.path)),
                path: artifact.path)
        }
        return Found(
            input: WorkerInput(
                name: slot, index: index, from: from,
                source: .table(
                    engine: artifact.engine, descriptor: Array(artifact.path.utf8), schema: Array(artifact.schema),
                    rows: Int(artifact.rows))), path: artifact.path, engine: artifact.engine,
            partitions: artifact.partitions)
    }

    /// A component's model in a kept version; nil where this party's part has none, as an arbiter's may.
    private func keptModel(_ input: ResolvedInput, at party: Party) async throws -> Found? {
        guard let reference = input.model else { return nil }
        guard let model = try await registry.model(reference, at: party) else {
            throw SiteError(
                "model_not_found", "The version \(reference.version) of \(reference.id) is not here any more",
                party: party.text, hint: "Deploy the model again, or import it")
        }
        guard let file = model.file(input.task, input.output) else { return nil }
        let path = try registry.checkedPath(file)
        return Found(
            input: WorkerInput(
                name: input.slot, index: input.index, from: "\(input.task).\(input.output)",
                source: .file(kind: "model", path: path)), path: path)
    }

    /// What a loader hands on.
    private func loadedModel(_ order: AttemptOrder, _ component: ComponentDeclaration) async throws -> Found {
        let key = MemberKey(job: order.attempt.job, party: order.attempt.party)
        guard let member = try await HeartRows.member(key, in: store) else {
            throw SiteError.notFound("job", order.attempt.job)
        }
        do {
            let loaded = try await ModelLoading(registry: registry).loaded(
                component.name, order.task, member.job, at: key.party)
            let path: String
            switch loaded.source {
            case .file(let known): path = known
            case .bytes(let bytes):
                let file = try folder(order).appending(path: "checkpoint")
                try writePrivateFile(Data(bytes), to: file)
                path = file.path
            }
            return Found(
                input: WorkerInput(name: loaded.port, from: "site", source: .file(kind: loaded.port, path: path)),
                path: path)
        } catch let failure as Failure {
            throw SiteError(failure)
        }
    }

    /// The newest version of the table that a task names.
    private func storedTable(_ order: AttemptOrder) async throws -> Found {
        Self.found(try await readings.table(of: order.attempt))
    }

    private static func found(_ table: TableRecord) -> Found {
        Found(
            input: WorkerInput(
                name: "data", from: "\(table.namespace)/\(table.name)",
                source: .table(
                    engine: table.engine, descriptor: Array(table.path.utf8), schema: Array(table.schema),
                    rows: Int(table.rows))), path: table.path, engine: table.engine, partitions: table.partitions)
    }
}
