import NornFlow
import NornManifest

/// What the tasks of a job need at one party: the manifest's declaration for the party's role and the rows that come
/// in, overridden by what the conf says (`task_cores`, `eggroll_run`, `spark_run`, `memory_bytes`).
struct JobNeeds {
    let job: Job
    let party: Party
    /// All that the site lends.
    let capacity: Resources

    private var own: JobSizes { job.parameters.partySizes[party] ?? JobSizes() }

    /// The sizes that hold here. As in FATE an arbiter has no share in the cores that a job asks for as a whole: it
    /// mostly waits.
    private var sizes: JobSizes {
        var sizes = job.parameters.sizes(at: party)
        if party.role == .arbiter {
            sizes.taskCores = own.taskCores
            sizes.workingNodes = own.workingNodes
        }
        return sizes
    }

    func resources(_ component: ComponentDeclaration, rows: Int) throws(Failure) -> Resources {
        let role = Manifest.Role(rawValue: party.role.rawValue) ?? .local
        let request = component.resources(for: role).request(rows: rows)
        let nodes = sizes.workingNodes ?? request.workingNodes
        let needs = Resources(
            // What a manifest wishes for is no more than there is; what a person asks for is taken at its word.
            cores: sizes.taskCores.map { Self.cores($0, over: nodes) } ?? min(request.cores, capacity.cores),
            memoryBytes: sizes.memoryBytes ?? Int64(request.memoryBytes), workingNodes: nodes)
        try check(needs, of: component.name)
        return needs
    }

    /// A task's cores are divided over its nodes, and each node gets at least one: `max(1, task_cores // nodes)`.
    static func cores(_ taskCores: Int, over nodes: Int) -> Int { max(1, taskCores / max(nodes, 1)) * max(nodes, 1) }

    /// Refuses what the site could not give if it were empty, and says which number to change.
    private func check(_ needs: Resources, of component: String) throws(Failure) {
        guard let missing = needs.missing(from: capacity).first else { return }
        let what = missing.kind.key.name
        let field = field(of: missing.kind)
        throw Failure(
            .neverGrantable,
            "\(component) asks for \(missing.wanted) \(what) at \(party.text), whose site lends \(missing.available)",
            party: party, field: field, advice: "Set \(field) to at most \(missing.available)")
    }

    /// Where the number stands: with the party, if it says its own.
    func field(of kind: MissingAmount.Kind) -> String {
        let key = kind.key.key
        let isOwn =
            switch kind {
            case .cores: own.taskCores != nil
            case .memoryBytes: own.memoryBytes != nil
            case .workingNodes: own.workingNodes != nil
            }
        guard isOwn, let position = job.partyIDs(of: party.role).firstIndex(of: party.id) else {
            return "conf.job_parameters.common.\(key)"
        }
        return "conf.job_parameters.role.\(party.role.rawValue).\(position).\(key)"
    }
}

/// How many rows may reach each task at one party: those of the tables that it reads, handed on along the edges.
struct RowEstimate {
    private let graph: Graph
    private let tasks: [String: JobTask]
    private var rows: [String: Int] = [:]
    /// No task sees more rows than all tables of the party have.
    private var all = 0

    init(_ job: Job) {
        graph = Graph(job.tasks)
        tasks = Dictionary(job.tasks.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What a task reads that has a table of its own.
    mutating func read(_ rows: Int, by task: String) {
        self.rows[task] = rows
        all += rows
    }

    /// Rows of a task; those that feed it must have been asked for before.
    mutating func rows(of task: String) -> Int {
        if let known = rows[task] { return known }
        let feeders = Set(tasks[task]?.inputs.filter { $0.kind == .data }.map(\.task) ?? [])
        let sum = min(feeders.reduce(0) { $0 + (rows[$1] ?? 0) }, all)
        rows[task] = sum
        return sum
    }
}
