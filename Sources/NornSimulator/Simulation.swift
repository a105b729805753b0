import NornFlow

/// What a simulation runs: everything that happens follows from it.
public struct SimulationPlan: Sendable, Hashable {
    public var seed: UInt64
    /// At least 1; site k serves the party ids 10k and 10k + 1.
    public var sites: Int
    public var jobs: Int
    public var faults: Faults
    /// A bug put into the simulated driver on purpose, to see that the checks find it.
    public var planted: PlantedBug?

    public init(seed: UInt64, sites: Int = 3, jobs: Int = 5, faults: Faults = .all, planted: PlantedBug? = nil) {
        self.seed = seed
        self.sites = max(1, sites)
        self.jobs = max(0, jobs)
        self.faults = faults
        self.planted = planted
    }
}

/// How often things go wrong, in thousandths, until they stop going wrong.
public struct Faults: Sendable, Hashable {
    public var messageLost = 0
    public var messageDoubled = 0
    /// Late by up to ten minutes; the others take up to 50 ms, and so overtake each other.
    public var messageLate = 0
    /// Before any one effect of a step.
    public var siteKilled = 0
    public var workerCrashed = 0
    public var componentFails = 0
    /// A commit meets another revision, and the step is done again.
    public var commitConflict = 0
    /// For each second: two sites cannot reach each other, for up to two minutes.
    public var linkCut = 0
    /// From then on nothing goes wrong.
    public var endMilliseconds: Int64 = 600_000

    public init() {}

    public static let none = Faults()
    public static let all: Faults = {
        var faults = Faults()
        faults.messageLost = 50
        faults.messageDoubled = 50
        faults.messageLate = 20
        faults.siteKilled = 3
        faults.workerCrashed = 30
        faults.componentFails = 50
        faults.commitConflict = 20
        faults.linkCut = 10
        return faults
    }()
}

/// Bugs of a driver or of the heart that the checks have to find.
public enum PlantedBug: String, Sendable, Hashable, CaseIterable {
    /// What a member gives back never reaches the ledger.
    case lostRelease
    /// A start is performed twice.
    case doubledStart
    /// A member is told to start a task whose inputs are not there.
    case startWithoutInputs
    /// Orders pass whatever their fence and number.
    case unfencedOrders
    /// A party never learns that the job has ended.
    case forgottenPartner
    /// The order to end a worker is said to be done and is not.
    case ignoredCancel
    /// The driver never wakes an aggregate.
    case lostWakes
    /// A restarted site does not tell its members.
    case silentRestart
}

/// What a simulation found.
public struct SimulationResult: Sendable {
    public var seed: UInt64
    public var steps = 0
    /// Nil when every check held.
    public var violation: Violation?
    /// The end of what happened, for a person to read; only when a check failed.
    public var history: [String] = []
    /// How many jobs ended in each state.
    public var outcomes: [JobStatus: Int] = [:]
}

extension SimulationPlan {
    /// Runs the plan: the real code of every site, on one thread, in virtual time.
    ///
    /// - Parameter explains: whether a failing run is done again to write its history down.
    public func run(explains: Bool = true) -> SimulationResult {
        var world = World(self, keepsHistory: false)
        world.run()
        guard explains, world.violation != nil else { return world.result }
        // The same plan gives the same run: only a failing one pays for its history.
        var again = World(self, keepsHistory: true)
        again.run()
        return again.result
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, the same everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True so many times in a thousand.
    mutating func happens(_ thousandths: Int) -> Bool { thousandths > 0 && Int(next() % 1_000) < thousandths }

    mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }
}
