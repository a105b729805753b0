/// Finds a smaller plan that breaks the same promise: fewer jobs, actions, faults and sites, by delta debugging
/// (Zeller, Hildebrandt: Simplifying and isolating failure-inducing input, IEEE TSE 28(2), 2002). The same plan is
/// always shrunk to the same one.
public struct Shrinking {
    /// So many runs at most are spent on one violation.
    public static let runsMaximum = 600

    /// The smallest plan found.
    public private(set) var plan: SimulationPlan
    public private(set) var runs = 0
    private var result: SimulationResult
    private let invariant: Violation.Invariant
    private let runsMaximum: Int

    /// Nil when the run broke no promise.
    public init?(_ result: SimulationResult, runsMaximum: Int = Shrinking.runsMaximum) {
        guard let violation = result.violation else { return nil }
        plan = result.plan
        self.result = result
        invariant = violation.invariant
        self.runsMaximum = runsMaximum
    }

    /// The smallest plan's run, with its history.
    public mutating func shortest() -> SimulationResult {
        var before = -1
        while before != size, runs < runsMaximum {
            before = size
            leaveOutJobs()
            leaveOutActions()
            leaveOutFaults()
            joinSites()
        }
        return plan.run(keepsHistory: true)
    }

    private var size: Int {
        let faults = plan.omissions.onlyFaults?.count ?? result.faults
        return plan.jobs - plan.omissions.jobs.count + result.actions.count + faults
    }

    /// Takes over what still fails in the same way.
    private mutating func accepts(_ change: (inout SimulationPlan) -> Void) -> Bool {
        guard runs < runsMaximum else { return false }
        var smaller = plan
        change(&smaller)
        guard smaller != plan else { return false }
        runs += 1
        let result = smaller.run()
        guard result.violation?.invariant == invariant else { return false }
        (plan, self.result) = (smaller, result)
        return true
    }

    private mutating func leaveOutJobs() {
        for job in (0..<plan.jobs).reversed() { _ = accepts { $0.omissions.jobs.insert(job) } }
    }

    private mutating func leaveOutActions() {
        let actions = result.actions
        if accepts({ $0.omissions.actions.formUnion(actions) }) { return }
        for action in actions.reversed() { _ = accepts { $0.omissions.actions.insert(action) } }
    }

    private mutating func leaveOutFaults() {
        if accepts({ $0.omissions.onlyFaults = [] }) { return }
        var kept = (plan.omissions.onlyFaults ?? Set(0..<result.faults)).sorted()
        var chunk = (kept.count + 1) / 2
        while chunk > 0, runs < runsMaximum {
            var start = 0
            while start < kept.count {
                var fewer = kept
                fewer.removeSubrange(start..<min(start + chunk, kept.count))
                if accepts({ $0.omissions.onlyFaults = Set(fewer) }) { kept = fewer } else { start += chunk }
            }
            chunk = chunk == 1 ? 0 : (chunk + 1) / 2
        }
    }

    private mutating func joinSites() {
        for left in 1..<max(2, plan.omissions.sitesLeft ?? plan.sites) {
            if accepts({ $0.omissions.sitesLeft = left }) { return }
        }
    }
}
