import NornFlow

/// What a simulation runs: everything that happens follows from it.
public struct SimulationPlan: Sendable, Hashable {
    /// Sites are numbered from 0: site k serves the party ids 10k and 10k + 1.
    public static let sitesMaximum = 64
    public static let jobsMaximum = 10_000

    public var seed: UInt64
    public var sites: Int
    public var jobs: Int
    public var faults: Faults
    /// A bug that is put in on purpose, to see that the checks find it.
    public var planted: PlantedBug?
    /// What is left out.
    public var omissions = Omissions()

    public init(seed: UInt64, sites: Int = 3, jobs: Int = 5, faults: Faults = .all, planted: PlantedBug? = nil) {
        self.seed = seed
        self.sites = max(1, min(sites, Self.sitesMaximum))
        self.jobs = max(0, min(jobs, Self.jobsMaximum))
        self.faults = faults
        self.planted = planted
    }
}

/// What a shrunk run leaves out of its plan. All that is left happens as it was drawn.
public struct Omissions: Sendable, Hashable {
    /// By number of the job, from 0.
    public var jobs: Set<Int> = []
    /// What users do, by number.
    public var actions: Set<Int> = []
    /// Only these faults, counted from 0 in the order in which they strike; nil: all.
    public var onlyFaults: Set<Int>?
    /// Sites of this number and above are one with those below: site k is site k modulo this; nil: none are.
    public var sitesLeft: Int?

    public init() {}
}

/// What a simulation found.
public struct SimulationResult: Sendable {
    public var plan: SimulationPlan
    /// Turns of an aggregate.
    public var steps = 0
    /// Nil when every check held.
    public var violation: Violation?
    /// What happened, a line each, for a person to read; only of an explained run.
    public var history: [String] = []
    /// How many jobs came to each state.
    public var outcomes: [JobStatus: Int] = [:]
    /// How many faults struck.
    public var faults = 0
    /// Drawn from all that happened: the same for the same plan.
    public var digest: UInt64 = 0
    /// The actions of users that the plan holds.
    var actions: [Int] = []
}

extension SimulationPlan {
    /// Runs the plan: the real code of every site, on one thread, in virtual time.
    ///
    /// - Parameter keepsHistory: whether to write down what happens; slower.
    public func run(keepsHistory: Bool = false) -> SimulationResult {
        var world = World(self, keepsHistory: keepsHistory)
        world.run()
        return world.result
    }
}
