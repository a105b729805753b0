import NornFlow
import NornManifest

/// Turns a DSL and a conf that are right in themselves into a job, against the catalogue.
struct JobBuilder {
    /// Modules whose input table the site gives them, by a parameter that names a stored table.
    static let readersOfStoredTables: Set<String> = ["Reader", "Download"]
    /// Modules whose model or cache the site gives them, by parameters that name it.
    static let readersOfKeptModels: Set<String> = ["ModelLoader", "CacheLoader"]

    let dsl: DSL
    let conf: Conf
    let catalogue: Catalogue
    let parameters: JobParameters
    var timeouts = TaskTimeouts()
    var kept: KeptModel?
    var findings = Findings()
    private var entries: [String: CatalogueEntry] = [:]
    private var providers: [String: String] = [:]

    init(dsl: DSL, conf: Conf, catalogue: Catalogue, parameters: JobParameters) {
        self.dsl = dsl
        self.conf = conf
        self.catalogue = catalogue
        self.parameters = parameters
    }

    mutating func build(id: JobID) throws(DialectRefusal) -> Job {
        for component in dsl.components { checkReferences(component) }
        for component in dsl.components { findEntry(component) }
        try findings.throwErrors()
        var tasks = dsl.components.map { component in
            JobTask(
                name: component.name, module: entries[component.name]?.component.name ?? component.module,
                provider: providers[component.name], parties: parties(of: component),
                inputs: component.inputs.map(\.input), outputs: component.outputs,
                timeoutSeconds: timeouts.seconds(of: component.name))
        }
        checkCycle(tasks)
        for component in dsl.components { checkPorts(component) }
        for component in dsl.components { checkParties(component) }
        try findings.throwErrors()
        ComponentNames(dsl: dsl, conf: conf).check(isPredict: kept != nil, &findings)
        checkInheritance()
        try findings.throwErrors()
        var folding = ComponentParameters(dsl: dsl, conf: conf, entries: entries)
        for (index, component) in dsl.components.enumerated() {
            for party in tasks[index].parties { tasks[index].parameters[party] = folding.resolve(component, at: party) }
        }
        try folding.findings.throwErrors()
        findings.add(folding.findings)
        return Job(id: id, initiator: conf.initiator, parties: conf.parties, tasks: tasks, parameters: parameters)
    }

    private func parties(of component: DSL.Component) -> [Party] {
        let roles = entries[component.name]?.component.roles.map(\.rawValue) ?? []
        return conf.parties.filter { roles.contains($0.role.rawValue) }
    }

    /// Every reference must name an output that is there.
    private mutating func checkReferences(_ component: DSL.Component) {
        for input in component.inputs {
            let reference = input.input
            guard reference.model == nil else {
                checkKept(input)
                continue
            }
            let words = reference.kind == .data ? "data input" : "\(reference.kind.rawValue) input"
            guard let source = dsl.component(reference.task) else {
                let nearest = NearestName.find(reference.task, in: dsl.components.map(\.name))
                findings.refuse(
                    .inputComponentNotExist, at: input.field,
                    "Component \(component.name)'s \(words) \(reference.task) does not exist",
                    nearest.map { "Did you mean \"\($0)\"?" } ?? "Add the component or take the reference out.")
                continue
            }
            let kind: ArtifactKind = reference.kind == .isometricModel ? .model : reference.kind
            let names = source.outputs.filter { $0.kind == kind }.map(\.name)
            if !names.contains(reference.output) {
                let known = names.isEmpty ? "no \(kind.rawValue)" : names.joined(separator: ", ")
                findings.refuse(
                    .inputNameNotExist, at: input.field,
                    "Component \(component.name)'s \(words) \(reference.task).\(reference.output) does not exist",
                    "Component \(source.name) outputs \(known).")
            }
        }
    }

    private mutating func checkKept(_ input: DSL.Input) {
        var reader = DSLReader()
        reader.check(input, among: kept?.outputs ?? [:])
        findings.add(reader.findings)
    }

    private mutating func checkCycle(_ tasks: [JobTask]) {
        guard let cycle = Graph(tasks).cycle(), let first = cycle.first else { return }
        findings.refuse(
            .loop, at: "dsl.components.\(first)", "\(cycle.joined(separator: "->")) form a loop",
            "Take one of these references out.")
    }

    private mutating func findEntry(_ component: DSL.Component) {
        let field = "conf.provider.common.\(component.name)"
        var reader = DSLReader()
        let fromConf = reader.provider(conf.json["provider"]?["common"]?[component.name], at: field)
        for party in conf.parties {
            for (place, section) in conf.ownSections("provider", of: party) where section[component.name] != nil {
                if section[component.name]?.asString != fromConf {
                    findings.refuse(
                        .provider, at: "\(place).\(component.name)", "providers that differ by party are not supported",
                        "Name one provider in conf.provider.common or in the DSL.")
                }
            }
        }
        for error in reader.findings.errors {
            findings.refuse(error.code, at: error.field, error.message, error.remedy)
        }
        let named = fromConf ?? component.provider ?? dsl.provider
        let place = fromConf != nil ? field : "\(component.field).\(component.provider != nil ? "provider" : "module")"
        find(component, provider: named.map(knownProvider), at: place)
    }

    /// FATE spreads its modules over the providers `fate` and `fate_flow`; where only `fate` is registered it stands
    /// for both, at any version of the latter.
    private func knownProvider(_ text: String) -> String {
        let name = text.prefix { $0 != "@" }
        return name == "fate_flow" && !catalogue.providerNames.contains("fate_flow") ? "fate" : text
    }

    private mutating func find(_ component: DSL.Component, provider: String?, at field: String) {
        let parts = provider?.split(separator: "@").map(String.init) ?? []
        do {
            entries[component.name] = try catalogue.find(
                component.module, provider: parts.first, version: parts.count > 1 ? parts[1] : nil)
            providers[component.name] = provider
        } catch {
            refuse(error, component, at: field)
        }
    }

    private mutating func refuse(_ miss: CatalogueMiss, _ component: DSL.Component, at field: String) {
        let (name, module) = (component.name, component.module)
        switch miss {
        case .unknownModule(_, let nearest):
            findings.refuse(
                .moduleNotExist, at: "\(component.field).module", "component \(name)'s module \(module) does not exist",
                nearest.map { "Did you mean \"\($0)\"?" } ?? "See the list of components for what is there.")
        case .withheldModule(_, let reason):
            findings.refuse(
                .moduleNotExist, at: "\(component.field).module",
                "component \(name)'s module \(module) may not be used: \(reason)", "Ask the site's administrator.")
        case .unknownProvider(let provider, let nearest):
            findings.refuse(
                .provider, at: field, "component \(name), module \(module)'s provider \(provider) does not exist",
                nearest.map { "Did you mean \"\($0)\"?" }
                    ?? "Providers here: \(catalogue.providerNames.joined(separator: ", ")).")
        case .unknownProviderVersion(let provider, let version, let known):
            findings.refuse(
                .provider, at: field,
                "Provider: \(provider) version: \(version) does not support in \(module), please register",
                "Versions here: \(known.joined(separator: ", ")).")
        case .moduleNotOfProvider(_, let provider):
            findings.refuse(
                .provider, at: field, "provider \(provider) does not offer component \(name)'s module \(module)",
                "Name another provider, or leave the provider out.")
        }
    }

    /// What is wired must find a port, and ports that need something must get it.
    private mutating func checkPorts(_ component: DSL.Component) {
        guard let declaration = entries[component.name]?.component else { return }
        for input in component.inputs {
            let isTaken =
                switch input.input.kind {
                case .data: declaration.input(takingSlot: input.input.slot) != nil
                case .model, .isometricModel: declaration.inputs.contains { $0.kind == .model }
                case .cache: declaration.inputs.contains { $0.kind == .cache }
                }
            guard !isTaken else { continue }
            let slots = declaration.inputs.flatMap { $0.kind == .table ? $0.slots : [$0.kind.rawValue] }
            findings.refuse(
                .inputNotTaken, at: input.field, "\(declaration.name) takes nothing in \"\(input.input.slot)\"",
                slots.isEmpty ? "It takes no inputs." : "It takes \(slots.joined(separator: ", ")).")
        }
        for port in declaration.inputs where !port.isOptional {
            let isWired =
                switch port.kind {
                case .table:
                    Self.readersOfStoredTables.contains(declaration.name)
                        || component.inputs.contains { port.slots.contains($0.input.slot) }
                case .model:
                    Self.readersOfKeptModels.contains(declaration.name) || component.takes(.model)
                        || component.takes(.isometricModel)
                case .cache: Self.readersOfKeptModels.contains(declaration.name) || component.takes(.cache)
                case .file: true
                }
            guard !isWired else { continue }
            let slots = port.kind == .table ? port.slots : [port.kind.rawValue]
            findings.refuse(
                .inputMissing, at: "\(component.field).input", "\(declaration.name) needs an input \"\(port.name)\"",
                "Wire an output of another component to \(slots.joined(separator: " or ")).")
        }
        checkOutputs(component, declaration)
    }

    private mutating func checkOutputs(_ component: DSL.Component, _ declaration: ComponentDeclaration) {
        let kinds: [(ArtifactKind, PortKind)] = [(.data, .table), (.model, .model), (.cache, .cache)]
        for (kind, portKind) in kinds {
            let named = component.outputs.filter { $0.kind == kind }
            let ports = declaration.outputs.filter { $0.kind == portKind }
            for output in named.dropFirst(ports.count) {
                findings.warn(
                    at: "\(component.field).output.\(kind.rawValue)",
                    "\(declaration.name) has \(ports.count) outputs of this kind, \"\(output.name)\" stays empty")
            }
        }
    }

    /// A `model` is of the same module, whose parameters come with it; other modules' are `isometric_model`.
    private mutating func checkModels(_ component: DSL.Component, _ declaration: ComponentDeclaration) {
        for input in component.inputs where input.input.kind == .model && input.input.model == nil {
            guard let source = entries[input.input.task]?.component, source.name != declaration.name,
                !Self.readersOfKeptModels.contains(source.name)
            else { continue }
            findings.refuse(
                .inputNotTaken, at: input.field,
                "\(declaration.name) takes as model one of its own module, and \(input.input.task) is \(source.name)",
                "Refer to a component of the same module, or write it as isometric_model.")
        }
    }

    /// A task needs parties, and linear models need a guest that does not hold the keys.
    private mutating func checkParties(_ component: DSL.Component) {
        guard let declaration = entries[component.name]?.component else { return }
        checkModels(component, declaration)
        checkNeededRoles(component, declaration)
        if parties(of: component).isEmpty {
            let roles = declaration.roles.map(\.rawValue).joined(separator: ", ")
            findings.refuse(
                .role, at: component.field, "no party of the job has a role of \(declaration.name)",
                "Add a party as \(roles) to conf.role.")
        }
        guard ["HeteroLR", "HeteroLinR", "HeteroPoisson"].contains(declaration.name) else { return }
        let guests = conf.parties(of: .guest).map(\.id)
        let hosts = conf.parties(of: .host).map(\.id)
        for arbiter in conf.parties(of: .arbiter).map(\.id) where guests.contains(arbiter) && !hosts.contains(arbiter) {
            findings.refuse(
                .parameterCheck, at: "conf.role.arbiter",
                "\(declaration.name)'s constraint party id: arbiter and guest are both \(arbiter), which would give the "
                    + "guest the keys", "Let another party be arbiter.")
        }
    }

    /// To predict, a part of the parties may do.
    private mutating func checkNeededRoles(_ component: DSL.Component, _ declaration: ComponentDeclaration) {
        let isTraining = component.inputs.contains { ["data", "train_data"].contains($0.input.slot) }
        guard kept == nil, isTraining else { return }
        for role in declaration.neededRoles where !conf.parties.contains(where: { $0.role.rawValue == role.rawValue }) {
            let field = "conf.role.\(role.rawValue)"
            guard !findings.errors.contains(where: { $0.field == field }) else { continue }
            findings.refuse(
                .role, at: field, "\(declaration.name) (component \(component.name)) needs a \(role.rawValue)",
                "Name a party as \(role.rawValue), such as \"\(role.rawValue)\": [10000].")
        }
    }

    /// Only what the DSL names can be inherited.
    private mutating func checkInheritance() {
        let names = dsl.components.map(\.name)
        for name in parameters.inheritance?.tasks ?? [] where !names.contains(name) {
            let nearest = NearestName.find(name, in: names).map { "Did you mean \"\($0)\"?" }
            findings.refuse(
                .jobParameter, at: "conf.job_parameters.common.inheritance_info.component_list",
                "the DSL has no component \(name) to inherit", nearest ?? "Take it out of the list.")
        }
        for name in timeouts.own.keys.sorted() where !names.contains(name) {
            findings.warn(
                at: "conf.job_parameters.common.task_conf.\(name)", "the DSL has no such component, it is ignored")
        }
    }
}
