import Foundation
import NornFlow
import NornManifest
import NornStore

/// What a site says of a job for one of its parties: whether it has the components, whether the tables are there and
/// may be read, and what the tasks need.
struct JobRules: Sendable {
    /// Components that read a stored table, which their parameters name.
    static let tableReaders: Set<String> = ["Reader", "Download"]
    /// Components that only the site itself submits: they read files of its home.
    static let siteOnly: Set<String> = ["Upload", "Download"]

    let store: any Store
    let shelf: PluginShelf
    let settings: SiteSettings
    let capacity: Resources

    /// Checks one party's part; `trusted` says that the submitter here may act for the party itself, `isOfSite` that
    /// the site itself submitted the job.
    func check(_ party: Party, _ job: Job, trusted: Bool, isOfSite: Bool = false) async throws -> Member.Verdict {
        let engine = job.parameters.engine ?? settings.jobs.engine
        guard shelf.engines[engine] != nil else {
            return .refused(
                Failure(
                    .refused, "the site has no engine \(engine)", party: party,
                    field: "conf.job_parameters.common.computing_engine", advice: "norn engine list shows them"))
        }
        if let flaw = try await InheritanceRules(store: store).flaw(job, at: party) { return .refused(flaw) }
        guard let order = Graph(job.tasks).topologicalOrder() else {
            return .refused(Failure(.invalidJob, "the tasks of the job form a loop", party: party))
        }
        var needs: [String: Resources] = [:]
        var approvals: [String] = []
        var rows = RowEstimate(job)
        for name in order {
            guard let task = job.task(named: name), task.parties.contains(party) else { continue }
            let entry: CatalogueEntry
            switch component(task, engine, party) {
            case .success(let found): entry = found
            case .failure(let failure): return .refused(failure)
            }
            // By the component's own name: a job may use an alias.
            guard isOfSite || !Self.siteOnly.contains(entry.component.name) else {
                return .refused(Self.ofSiteOnly(entry.component.name, task, party))
            }
            if Self.tableReaders.contains(entry.component.name) {
                switch try await table(task, party, job, trusted: trusted) {
                case .refused(let failure): return .refused(failure)
                case .missingGrant(let reason): approvals.append(reason)
                case .readable(let table): rows.read(Int(table.rows), by: name)
                case .notNamed: break
                }
            }
            do throws(Failure) {
                needs[name] = try JobNeeds(job: job, party: party, capacity: capacity)
                    .resources(entry.component, rows: rows.rows(of: name))
            } catch {
                return .refused(error)
            }
        }
        let terms = Member.Terms(engine: engine, needs: needs, capacity: capacity)
        return approvals.isEmpty
            ? .accepted(terms) : .waitingForApproval(terms, reason: approvals.joined(separator: "; "))
    }

    private static func ofSiteOnly(_ component: String, _ task: JobTask, _ party: Party) -> Failure {
        Failure(
            .refused, "the site runs \(component) itself", party: party, task: task.name,
            field: "dsl.components.\(task.name).module", advice: "Use norn data upload and norn data download")
    }

    private func component(
        _ task: JobTask, _ engine: String, _ party: Party
    ) -> Result<CatalogueEntry, Failure> {
        let provider = task.provider.map { $0.split(separator: "@", maxSplits: 1).map(String.init) } ?? []
        let field = "dsl.components.\(task.name).module"
        do {
            let entry = try shelf.catalogue.find(
                task.module, provider: provider.first, version: provider.count > 1 ? provider[1] : nil)
            guard entry.component.engines.isEmpty || entry.component.engines.contains(engine) else {
                return .failure(
                    Failure(
                        .refused, "\(task.module) does not run on the engine \(engine)", party: party,
                        task: task.name, field: field,
                        advice: "It runs on \(entry.component.engines.joined(separator: ", "))"))
            }
            guard shelf.library(of: entry) != nil else {
                return .failure(
                    Failure(.refused, "the plugin of \(task.module) is not installed", party: party, task: task.name))
            }
            return .success(entry)
        } catch {
            let why = SiteError.unknownComponent(error, field: field)
            return .failure(
                Failure(
                    .refused, why.message, party: party, task: task.name, field: field, advice: why.hint ?? ""))
        }
    }

    enum TableAnswer {
        case readable(TableRecord)
        case missingGrant(String)
        case refused(Failure)
        /// The component gets no table from the site.
        case notNamed
    }

    /// The stored table that a task of this party names.
    func table(_ task: JobTask, _ party: Party, _ job: Job, trusted: Bool) async throws -> TableAnswer {
        let field = "conf.component_parameters.role.\(party.role.rawValue).\(task.name).table"
        guard let reference = TableReference(task.parameters[party] ?? [:]) else {
            return .refused(
                Failure(
                    .refused, "\(task.name) names no table", party: party, task: task.name, field: field,
                    advice: "Give it a table with a name and a namespace"))
        }
        let isOwn = trusted || job.initiator.id == party.id
        guard let table = try await store.table(namespace: reference.namespace, name: reference.name),
            table.owner == party.id
        else {
            guard isOwn else { return .missingGrant(Self.notReadable(reference, party, job)) }
            return .refused(
                Failure(
                    .refused, "there is no table \(reference.namespace)/\(reference.name) of \(party.text)",
                    party: party,
                    task: task.name, field: field, advice: "Upload it: norn data upload --party \(party.id)"))
        }
        if isOwn { return .readable(table) }
        let grants = try await store.grants(namespace: table.namespace, name: table.name)
        let components = Set(job.tasks.map(\.module))
        let isGranted = grants.contains { grant in
            grant.partner == job.initiator.id && (grant.components.map { components.isSubset(of: $0) } ?? true)
        }
        if isGranted { return .readable(table) }
        return .missingGrant(Self.notReadable(reference, party, job))
    }

    /// The tables of a job that are not there, in words for the party's own people.
    func missingTables(_ party: Party, _ job: Job) async throws -> [String] {
        var missing: [String] = []
        for task in job.tasks where task.parties.contains(party) {
            guard let reference = TableReference(task.parameters[party] ?? [:]) else { continue }
            let table = try await store.table(namespace: reference.namespace, name: reference.name)
            if table?.owner != party.id {
                missing.append("there is no table \(reference.namespace)/\(reference.name) of \(party.text)")
            }
        }
        return missing
    }

    /// What others are told, the same whether the table is there or not: they are not to learn which tables there are.
    private static func notReadable(_ reference: TableReference, _ party: Party, _ job: Job) -> String {
        "\(party.text) has no table \(reference.namespace)/\(reference.name) that \(job.initiator.text) may read: there is "
            + "no grant, or no such table"
    }
}

/// A table as a job names it.
struct TableReference: Equatable, Sendable {
    var namespace: String
    var name: String

    /// Reads `table: {name, namespace}`, or the two beside each other as Download has them.
    init?(_ parameters: [String: ParameterValue]) {
        var members = parameters
        if case .object(let table)? = parameters["table"] { members = table }
        guard case .string(let name)? = members["name"], case .string(let namespace)? = members["namespace"],
            !name.isEmpty, !namespace.isEmpty
        else { return nil }
        self.namespace = namespace
        self.name = name
    }
}
