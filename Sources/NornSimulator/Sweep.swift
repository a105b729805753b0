import NornFlow

/// Many seeds of one plan, several at once; each world is run by one thread.
public struct Sweep: Sendable {
    /// After so many violations no further seed is begun.
    public static let violationsMaximum = 8

    public var plan: SimulationPlan
    public var seeds: Range<UInt64>
    /// How many worlds are run at once.
    public var threads: Int

    /// - Parameter plan: its seed is replaced by each of the seeds.
    public init(_ plan: SimulationPlan, seeds: Range<UInt64>, threads: Int) {
        self.plan = plan
        self.seeds = seeds
        self.threads = max(1, threads)
    }

    /// What a sweep found.
    public struct Report: Sendable {
        public var seeds = 0
        public var steps = 0
        public var faults = 0
        public var outcomes: [JobStatus: Int] = [:]
        /// By seed; unexplained.
        public var violations: [SimulationResult] = []

        mutating func add(_ result: SimulationResult) {
            seeds += 1
            steps += result.steps
            faults += result.faults
            outcomes.merge(result.outcomes, uniquingKeysWith: +)
            if result.violation != nil { violations.append(result) }
        }

        mutating func add(_ other: Report) {
            seeds += other.seeds
            steps += other.steps
            faults += other.faults
            outcomes.merge(other.outcomes, uniquingKeysWith: +)
            violations += other.violations
        }
    }

    public func run() async -> Report {
        let threads = threads
        return await withTaskGroup(of: Report.self) { group in
            for thread in 0..<threads { group.addTask { runEvery(threads, from: thread) } }
            var report = Report()
            for await part in group { report.add(part) }
            report.violations.sort { $0.plan.seed < $1.plan.seed }
            return report
        }
    }

    private func runEvery(_ stride: Int, from first: Int) -> Report {
        var report = Report()
        var plan = plan
        var seed = seeds.lowerBound &+ UInt64(first)
        while seed < seeds.upperBound, report.violations.count < Self.violationsMaximum {
            plan.seed = seed
            report.add(plan.run())
            seed += UInt64(stride)
        }
        return report
    }
}
