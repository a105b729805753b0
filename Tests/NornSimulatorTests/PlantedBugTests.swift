import NornSimulator
import Testing

@Suite struct PlantedBugTests {
    /// Each bug is found within so many seeds; all but the rarest at one of the first.
    static let seedsMaximum: UInt64 = 1000

    @Test(arguments: PlantedBug.allCases)
    func isFound(_ bug: PlantedBug) {
        let found = (0..<Self.seedsMaximum).lazy.compactMap { seed in
            SimulationPlan(seed: seed, faults: SimulatorTests.faults, planted: bug).run().violation.map { (seed, $0) }
        }.first
        if let (seed, violation) = found { print("\(bug): seed \(seed): \(violation)") }
        #expect(found != nil, "no seed shows \(bug)")
    }

    @Test func aFailureIsShrunkToTheSameShorterOne() throws {
        let plan = SimulationPlan(seed: 0, faults: SimulatorTests.faults, planted: .ignoredCancel)
        let result = plan.run()
        var first = try #require(Shrinking(result, runsMaximum: 40))
        var second = try #require(Shrinking(result, runsMaximum: 40))
        let shortest = first.shortest()
        #expect(shortest.violation?.invariant == result.violation?.invariant)
        #expect(shortest.history.last?.contains("VIOLATION") == true)
        #expect(first.plan.omissions != Omissions())
        #expect(first.runs <= 40)
        #expect(second.shortest().history == shortest.history)
    }
}
