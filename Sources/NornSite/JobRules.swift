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
    let quarantine: Quarantine
    let models: ModelRules
    /// The name of the other site that a party is at; nil: this one's, or not known.
    var peerName: @Sendable (Party) -> String? = { _ in nil }
    let isLocal: @Sendable (Party) -> Bool

    var approval: ApprovalRules { ApprovalRules(rules: settings.approval.rules) }
    var agreement: AgreementRules { AgreementRules(settings.trust) }
    var privacy: PrivacyRules { PrivacyRules(settings: settings.privacy) }

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
        if let change = job.parameters.modelChange {
            return try await verdict(change, party, job, engine: engine, trusted: trusted)
        }
        if let neighbours = neighbours(job), let flaw = privacy.flaw(neighbours, at: party) { return .refused(flaw) }
        if let flaw = try await InheritanceRules(store: store).flaw(job, at: party) { return .refused(flaw) }
        if let flaw = try await models.flaw(ofInputsOf: job, at: party) { return .refused(flaw) }
        guard let order = Graph(job.tasks).topologicalOrder() else {
            return .refused(Failure(.invalidJob, "the tasks of the job form a loop", party: party))
        }
        var needs: [String: Resources] = [:]
        var approvals: [String] = []
        var rows = RowEstimate(job)
        var isReader = false
        for name in order {
            guard let task = job.task(named: name), task.parties.contains(party) else { continue }
            let entry: CatalogueEntry
            switch component(task, engine, party) {
            case .success(let found): entry = found
            case .failure(let failure): return .refused(failure)
            }
            if !isLocal(job.initiator), let flaw = agreement.flaw(task, job, has: entry, at: party) {
                return .refused(flaw)
            }
            let isOwn = job.parties.allSatisfy(isLocal)
            if let flaw = privacy.flaw(task, entry.component, at: party, isOwn: isOwn) { return .refused(flaw) }
            // By the component's own name: a job may use an alias.
            guard isOfSite || !Self.siteOnly.contains(entry.component.name) else {
                return .refused(Self.ofSiteOnly(entry.component.name, task, party))
            }
            if Self.tableReaders.contains(entry.component.name) {
                isReader = true
                switch try await table(task, party, job, trusted: trusted) {
                case .refused(let failure): return .refused(failure)
                case .needsApproval(let reason): approvals.append(reason)
                case .readable(let table): rows.read(Int(table.rows), by: name)
                case .notNamed: break
                }
            }
            if ModelLoading.loaders.contains(entry.component.name), !task.isPassedOver(at: party) {
                do {
                    _ = try await ModelLoading(registry: models.registry).loaded(
                        entry.component.name, task, job, at: party)
                } catch let failure as Failure {
                    return .refused(failure)
                }
            }
            do throws(Failure) {
                let request = JobNeeds(job: job, party: party, capacity: capacity)
                let rows = rows.rows(of: name)
                needs[name] = task.isPassedOver(at: party) ? .none : try request.resources(entry.component, rows: rows)
            } catch {
                return .refused(error)
            }
        }
        if !isReader, !trusted, job.initiator.id != party.id {
            switch approval.outcome(
                partner: job.initiator.id, components: components(of: job.tasks.filter { $0.parties.contains(party) }),
                table: nil)
            {
            case .refused(let component): return .refused(Self.refusal(component, nil, party, job))
            case .asked(let component): approvals.append("\(party.text) asks a person before \(component) runs")
            case .open: break
            }
        }
        let terms = Member.Terms(engine: engine, needs: needs, capacity: capacity)
        let all = leastTerms(besides: party, job, engine: engine).merging([party: terms]) { $1 }
        if let failure = neverGrantable(job, all) { return .refused(failure) }
        return approvals.isEmpty
            ? .accepted(terms) : .waitingForApproval(terms, reason: approvals.joined(separator: "; "))
    }

    private func neighbours(_ job: Job) -> PrivacyRules.Neighbours? {
        // The empty name is no peer's.
        PrivacyRules.neighbours(job.parties) { isLocal($0) ? "" : peerName($0) }
    }

    /// What people are told of a job that runs, though with less than this site asks for.
    func privacyWarnings(_ job: Job) -> [String] {
        var told = neighbours(job).map { [PrivacyRules.warning($0)] } ?? []
        for task in job.tasks {
            guard let component = try? shelf.catalogue.find(task.module).component else { continue }
            for party in task.parties where isLocal(party) {
                let warnings = privacy.warnings(component, task.parameters[party] ?? [:])
                for text in warnings.map({ "\(task.name): \($0)" }) where !told.contains(text) { told.append(text) }
            }
        }
        return told
    }

    /// What a party says of a change of its model: its people are asked as for a job of the model's components, and
    /// always when the model is to be another party's.
    private func verdict(
        _ change: ModelChange, _ party: Party, _ job: Job, engine: String, trusted: Bool
    ) async throws -> Member.Verdict {
        if let flaw = try await models.flaw(change, job, at: party) { return .refused(flaw) }
        let terms = Member.Terms(engine: engine, needs: [:], capacity: capacity)
        guard !trusted, job.initiator.id != party.id else { return .accepted(terms) }
        let trained = try await models.registry.model(change.source, at: party)?.contents.trained.tasks ?? []
        switch approval.outcome(
            partner: job.initiator.id, components: components(of: trained.filter { $0.parties.contains(party) }),
            table: nil)
        {
        case .refused(let component): return .refused(Self.refusal(component, nil, party, job))
        case .asked(let component):
            return .waitingForApproval(
                terms, reason: "\(party.text) asks a person before the model of \(component) is changed")
        case .open: break
        }
        guard change.kind == .migrate else { return .accepted(terms) }
        let moves = change.moves.map { "\($0.from.text) becomes \($0.to.text)" }.joined(separator: ", ")
        return .waitingForApproval(
            terms, reason: "\(job.initiator.text) asks to migrate the model \(change.source.version): \(moves)")
    }

    private static func ofSiteOnly(_ component: String, _ task: JobTask, _ party: Party) -> Failure {
        Failure(
            .refused, "the site runs \(component) itself", party: party, task: task.name,
            field: "dsl.components.\(task.name).module", advice: "Use norn data upload and norn data download")
    }

    /// What a rule of the settings refuses.
    private static func refusal(
        _ component: String, _ table: TableReference?, _ party: Party, _ job: Job, task: String? = nil
    ) -> Failure {
        let place = table.map { " over \($0.namespace)/\($0.name)" } ?? ""
        return Failure(
            .refused, "the rules of \(party.text) refuse \(component)\(place) to jobs of \(job.initiator.text)",
            party: party, task: task, advice: "Ask the people of \(party.text)")
    }

    /// The components of tasks by their own names: a job may use an alias.
    private func components(of tasks: [JobTask]) -> [String] {
        Set(tasks.map { task in (try? shelf.catalogue.find(task.module))?.component.name ?? task.module }).sorted()
    }

    func component(
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
            if let quarantined = quarantine.entry(of: entry.pluginDigest) {
                return .failure(quarantined.failure(task, at: party))
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
        /// There is no grant, or a rule asks a person.
        case needsApproval(String)
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
        let record = try await store.anyTable(namespace: reference.namespace, name: reference.name)
        let isOwn = trusted || job.initiator.id == party.id
        var table = record.flatMap { $0.mayBeRead(by: party.id) ? $0 : nil }
        if let found = table, try await DisabledTables(store: store).holds(found.namespace, found.name) {
            // Others do not learn that it is there.
            table = nil
            if isOwn { return .refused(Self.disabled(reference, task, party, field)) }
        }
        let missing = TableAnswer.refused(
            Failure(
                .refused, "there is no table \(reference.namespace)/\(reference.name) of \(party.text)", party: party,
                task: task.name, field: field, advice: "Upload it: norn data upload --party \(party.id)"))
        if isOwn { return table.map { .readable($0) } ?? missing }
        let components = components(of: job.tasks)
        switch approval.outcome(partner: job.initiator.id, components: components, table: reference) {
        case .refused(let component):
            return .refused(Self.refusal(component, reference, party, job, task: task.name))
        case .asked(let component):
            return .needsApproval(
                "\(party.text) asks a person before \(component) uses \(reference.namespace)/\(reference.name)")
        case .open(let unspoken) where unspoken.isEmpty: return table.map { .readable($0) } ?? missing
        case .open(let unspoken):
            guard let table, try await isGranted(table, unspoken, to: job.initiator) else {
                return .needsApproval(Self.notReadable(reference, party, job))
            }
            return .readable(table)
        }
    }

    private static func disabled(
        _ reference: TableReference, _ task: JobTask, _ party: Party, _ field: String
    ) -> Failure {
        Failure(
            .refused, "the table \(reference.namespace)/\(reference.name) of \(party.text) is disabled", party: party,
            task: task.name, field: field, advice: "Its owner enables it: flow table enable")
    }

    private func isGranted(_ table: TableRecord, _ components: [String], to initiator: Party) async throws -> Bool {
        try await store.grants(namespace: table.namespace, name: table.name).contains { grant in
            grant.partner == initiator.id && (grant.components.map { Set(components).isSubset(of: $0) } ?? true)
        }
    }

    /// The tables of a job that are not there, in words for the party's own people.
    func missingTables(_ party: Party, _ job: Job) async throws -> [String] {
        var missing: [String] = []
        for task in job.tasks where task.parties.contains(party) {
            guard let reference = TableReference(task.parameters[party] ?? [:]) else { continue }
            let table = try await store.anyTable(namespace: reference.namespace, name: reference.name)
            if table?.mayBeRead(by: party.id) != true {
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

    init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

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

extension TableRecord {
    /// Whether it is the party's own, or the site's.
    func mayBeRead(by party: String) -> Bool { owner == party || owner == TableService.everyParty }
}
