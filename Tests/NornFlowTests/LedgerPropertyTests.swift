@testable import NornFlow
import Testing

/// What holds for every workload: random, from seeds.
@Suite struct LedgerPropertyTests {
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private func id(_ number: Int) -> JobID { "j\(100_000 + number)" }

    @Test(arguments: 0..<40) func everyJobIsGranted(seed: Int) {
        var random = Seeded(state: UInt64(seed) &* 7_919 &+ 1)
        let capacities = (0..<Int.random(in: 2...3, using: &random)).map { _ in Int.random(in: 3...6, using: &random) }
        let limits = seed % 3 == 0 ? [LedgerPolicy.Limit(party: "9999", jobs: 3)] : []
        let backfill = LedgerPolicy.Backfill(passesMaximum: Int.random(in: 0...6, using: &random))
        var model = LedgerModel(
            cores: capacities, LedgerPolicy(fairShare: seed % 2 == 0, backfill: backfill, limits: limits))
        for number in 0..<40 {
            var cores: [Int: Int] = [:]
            for site in capacities.indices where cores.isEmpty || Bool.random(using: &random) {
                cores[(site + seed) % capacities.count] = Int.random(
                    in: 1...capacities[(site + seed) % capacities.count], using: &random)
            }
            model.submit(
                LedgerModel.Job(
                    id: id(number), cores: cores, owner: "submitter \(Int.random(in: 0...3, using: &random))",
                    priority: Int.random(in: 0...1, using: &random)))
            model.pass(100) { _ in Int.random(in: 0...3, using: &random) == 0 }
        }
        var rounds = 0
        while !model.waiting.isEmpty, rounds < 4_000 {
            model.pass(500) { _ in Int.random(in: 0...3, using: &random) == 0 }
            rounds += 1
        }
        #expect(model.waiting.sorted() == [])
        #expect(model.fault == nil)
        #expect(model.granted.count == 40)
    }

    @Test func aLargeJobStartsUnderAnEndlessStreamOfSmallOnes() {
        var random = Seeded(state: 11)
        var model = LedgerModel(cores: [8, 8], LedgerPolicy(backfill: LedgerPolicy.Backfill(passesMaximum: 8)))
        var number = 0
        func small() -> LedgerModel.Job {
            number += 1
            return LedgerModel.Job(id: id(number), cores: [number % 2: 1], owner: "submitter \(number % 30)")
        }
        for _ in 0..<40 { model.submit(small()) }
        number += 1
        let large = id(number)
        model.submit(LedgerModel.Job(id: large, cores: [0: 8, 1: 8], owner: "submitter large"))
        let before = model.granted.count
        while model.waiting.contains(large), model.granted.count < before + 2_000 {
            for _ in 0..<4 { model.submit(small()) }
            model.pass(200) { _ in Int.random(in: 0...4, using: &random) == 0 }
        }
        #expect(!model.waiting.contains(large))
        #expect(model.fault == nil)
    }
}
