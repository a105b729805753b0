import NornFlow
import NornSimulator
import Testing

@Suite struct SimulatorTests {
    /// Fails with all that is needed to see the same run again.
    private func expectClean(_ plan: SimulationPlan) -> SimulationResult {
        let result = plan.run()
        if let violation = result.violation {
            Issue.record("seed \(plan.seed): \(violation)\n\(result.history.suffix(80).joined(separator: "\n"))")
        }
        return result
    }

    @Test func everyJobEndsWithoutFaults() {
        for seed in 0..<5 { _ = expectClean(SimulationPlan(seed: UInt64(seed), faults: .none)) }
    }

    @Test func promisesHoldUnderAllFaults() {
        var outcomes: [JobStatus: Int] = [:]
        for seed in 0..<15 {
            let result = expectClean(SimulationPlan(seed: UInt64(seed)))
            outcomes.merge(result.outcomes, uniquingKeysWith: +)
            guard result.violation == nil else { return }
        }
        for status in [JobStatus.success, .failed, .canceled, .timeout] { #expect(outcomes[status, default: 0] > 0) }
    }

    @Test(arguments: PlantedBug.allCases)
    func findsPlantedBug(_ bug: PlantedBug) {
        let found = (0..<12).contains {
            SimulationPlan(seed: UInt64($0), planted: bug).run(explains: false).violation != nil
        }
        #expect(found, "no seed shows \(bug)")
    }

    @Test func theSamePlanGivesTheSameRun() {
        let plan = SimulationPlan(seed: 7)
        #expect(plan.run().steps == plan.run().steps)
    }
}
