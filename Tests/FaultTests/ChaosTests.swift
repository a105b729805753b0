import Foundation
import Testing

/// Real sites, a stream of jobs, and everything that can go wrong at once. `make test` runs a short one; `make faults`
/// a long one, with a seed and numbers of jobs and rounds of one's choice.
@Suite(.serialized) struct ChaosTests {
    @Test func nothingIsLostDoubledOrLeaked() async throws {
        let settings = try ChaosSettings()
        print("faults: seed \(settings.seed), \(settings.rounds) round(s)")
        var totals = ChaosTotals()
        for number in 0..<settings.rounds {
            let round = ChaosRound(seed: settings.seed &+ UInt64(number), settings: settings)
            let outcome = try await onThread { try round.run() }
            totals.add(outcome)
            print("faults: round \(number + 1), seed \(round.seed): \(outcome.findings.count) finding(s)")
            #expect(outcome.findings.isEmpty, "\(outcome.findings.joined(separator: "\n"))")
        }
        print("faults: totals of seed \(settings.seed):\n\(totals.text)")
        if let jobs = settings.jobs { #expect(totals.count("submits") >= jobs * settings.rounds) }
        #expect(totals.count(ChaosPlan.Fault.Kind.kills.rawValue) > 0)
    }
}
