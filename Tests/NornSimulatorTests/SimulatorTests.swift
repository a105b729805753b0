import NornFlow
import NornSimulator
import Testing

@Suite struct SimulatorTests {
    static let faults = try? Faults(parsing: "all")

    /// Fails with all that is needed to see the same run again.
    private func expectClean(_ plan: SimulationPlan) -> SimulationResult {
        let result = plan.run()
        if let violation = result.violation {
            var shrinking = Shrinking(result, runsMaximum: 60)
            let history = shrinking?.shortest().history ?? []
            Issue.record("seed \(plan.seed): \(violation)\n\(history.suffix(80).joined(separator: "\n"))")
        }
        return result
    }

    @Test func everyJobEndsWithoutFaults() {
        for seed in 0..<20 { _ = expectClean(SimulationPlan(seed: UInt64(seed), faults: .none)) }
    }

    @Test func promisesHoldUnderAllFaults() {
        var outcomes: [JobStatus: Int] = [:]
        for seed in 0..<30 {
            let result = expectClean(SimulationPlan(seed: UInt64(seed)))
            outcomes.merge(result.outcomes, uniquingKeysWith: +)
            guard result.violation == nil else { return }
        }
        for status in [JobStatus.success, .failed, .canceled, .timeout] { #expect(outcomes[status, default: 0] > 0) }
    }

    @Test func theSamePlanGivesTheSameRun() {
        for seed in 7..<12 {
            let plan = SimulationPlan(seed: UInt64(seed))
            #expect(plan.run().digest == plan.run(keepsHistory: true).digest)
        }
    }
}
