import Foundation

/// One run against sites of its own: faults, peace, and what is found then.
struct ChaosRound: Sendable {
    static let settleSeconds = 150.0

    let seed: UInt64
    let settings: ChaosSettings

    struct Outcome: Sendable {
        var verdict: ChaosVerdict
        var deeds: ChaosDeeds.Log
        /// Faults that were not made or undone, and jobs that did not end.
        var flaws: [String]
        var faultSeconds: Double
        var settleSeconds: Double

        var findings: [String] { flaws + verdict.findings }
    }

    func run() throws -> Outcome {
        let federation = try FaultFederation(seed: seed, hasDatabase: true)
        defer { federation.end() }
        let deeds = ChaosDeeds()
        let workload = ChaosWorkload(federation, deeds: deeds, seed: seed, withRegression: settings.isLong)
        try workload.prepare()
        let chaos = ChaosRun(federation, workload: workload, deeds: deeds)
        let begin = Date()
        chaos.run(
            ChaosPlan(seed: seed, sites: federation.sites.count, stretch: settings.stretch), jobs: settings.jobs,
            seconds: settings.seconds)
        let settling = Date()
        let end = ChaosEnd(federation: federation, workload: workload, secondsMaximum: Self.settleSeconds)
        let open = try end.settle()
        let seconds = (settling.timeIntervalSince(begin), Date().timeIntervalSince(settling))
        let evidence = try collect(federation, workload, deeds, end, open: open)
        let outcome = Outcome(
            verdict: ChaosVerdict(evidence), deeds: deeds.log,
            flaws: chaos.failures + open.map { "did not end: \($0)" }, faultSeconds: seconds.0,
            settleSeconds: seconds.1)
        if !outcome.findings.isEmpty {
            let suspects = workload.accepted.map(\.id).filter { id in outcome.findings.contains { $0.contains(id) } }
            print("faults: what is known is in \(ChaosReport.write(federation, seed: seed, jobs: suspects))")
        }
        return outcome
    }

    /// What was there before a power cut has to be there after it, and nothing must be left when all is cleaned away.
    private func collect(
        _ federation: FaultFederation, _ workload: ChaosWorkload, _ deeds: ChaosDeeds, _ end: ChaosEnd, open: [String]
    ) throws -> ChaosEvidence {
        let collector = ChaosCollector(federation: federation, jobs: workload.accepted, deeds: deeds)
        var leaks = try collector.leaks()
        let before = try collector.collect(leftovers: [])
        guard open.isEmpty else {
            var evidence = before
            evidence.leftovers = leaks
            return evidence
        }
        let reopened = try end.settleAfterPowerCut().map { "after a power cut: \($0)" }
        var after = try collector.collect(leftovers: [])
        leaks += try collector.leaks().map { "after a power cut: \($0)" }
        after.leftovers = leaks + reopened + changes(from: before, to: after)
        if after.leftovers.isEmpty, ChaosVerdict(after).findings.isEmpty {
            after.leftovers = try collector.leaksAfterCleaning().map { "after cleaning: \($0)" }
        }
        return after
    }

    private func changes(from before: ChaosEvidence, to after: ChaosEvidence) -> [String] {
        before.seen.indices.flatMap { site in
            before.seen[site].compactMap { job, seen in
                let now = after.seen(job, at: site)?.status ?? "not there"
                return now == seen.status
                    ? nil : "\(FaultFederation.names[site]): \(job) was \(seen.status) and is \(now) after a power cut"
            }
        }
    }
}
