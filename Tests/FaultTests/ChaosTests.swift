import Foundation
import Testing

/// Real sites, a stream of jobs, and everything that can go wrong at once. The seed makes the plan; NORN_FAULT_SEED
/// takes another one, NORN_FAULT_MINUTES a longer run.
@Suite(.serialized) struct ChaosTests {
    static let shortSeconds = 20.0
    static let settleSeconds = 150.0

    @Test func nothingIsLostDoubledOrLeaked() async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["NORN_FAULT_SEED"].flatMap { UInt64($0) } ?? 1
        let minutes = environment["NORN_FAULT_MINUTES"].flatMap { Double($0) }
        let seconds = environment["NORN_FAULT_SECONDS"].flatMap { Double($0) } ?? minutes.map { $0 * 60 }
        try await onThread {
            try Self.run(seed: seed, seconds: seconds ?? Self.shortSeconds, isLong: minutes != nil)
        }
    }

    private static func run(seed: UInt64, seconds: Double, isLong: Bool) throws {
        let federation = try FaultFederation(seed: seed)
        defer { federation.end() }
        let counts = ChaosCounts()
        let workload = ChaosWorkload(federation, counts: counts, seed: seed, withRegression: isLong)
        try workload.prepare()
        let chaos = ChaosRun(federation, workload: workload, counts: counts)
        let begin = Date()
        chaos.run(ChaosPlan(seed: seed, milliseconds: Int(seconds * 1000), sites: federation.sites.count))
        let settling = Date()
        let open = try ChaosEnd(federation: federation, workload: workload, secondsMaximum: settleSeconds).settle()
        let end = Date()
        #expect(chaos.failures.isEmpty, "faults that were not made or undone: \(chaos.failures)")
        #expect(open.isEmpty, "jobs that did not end: \(open.joined(separator: "\n"))")
        let verdict = try ChaosVerdict(federation, jobs: workload.accepted)
        let times = String(
            format: "%.0f s of faults, %.0f s to settle", settling.timeIntervalSince(begin),
            end.timeIntervalSince(settling))
        print("faults: seed \(seed), \(times): \(counts.text)")
        print(
            "faults: endings \(verdict.endings), marked starts \(verdict.starts); lost \(verdict.lost.count), doubled "
                + "\(verdict.doubled.count), leaked \(verdict.leaked.count), disagreed \(verdict.disagreed.count), "
                + "not ended \(open.count)")
        #expect(verdict.lost.isEmpty, "lost: \(verdict.lost)")
        #expect(verdict.doubled.isEmpty, "doubled: \(verdict.doubled)")
        #expect(verdict.leaked.isEmpty, "leaked: \(verdict.leaked)")
        #expect(verdict.disagreed.isEmpty, "sites disagree: \(verdict.disagreed)")
        #expect(verdict.undeserved.isEmpty, "failed by the platform: \(verdict.undeserved)")
        let flawed = open + verdict.lost + verdict.doubled + verdict.leaked + verdict.disagreed + verdict.undeserved
        if !flawed.isEmpty {
            let suspects = workload.accepted.map(\.id).filter { id in flawed.contains { $0.contains(id) } }
            print("faults: what is known is in \(ChaosReport.write(federation, seed: seed, jobs: suspects))")
        }
    }
}
