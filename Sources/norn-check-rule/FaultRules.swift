import NornABI
import NornKit
import NornManifest
import NornTestHost

/// Rule 801: each host call fails once, and with it the attempt.
struct FaultRules {
    /// Calls that a component may do without: it reports less, or does by itself what an extension would do for it.
    static func maySurvive(_ call: Watcher.Call) -> Bool {
        call.name.hasPrefix("tracking.") || call.name == "get_extension" || call.name == "alloc"
    }

    let plugin: CheckedPlugin
    let trial: Trial

    func findings() async throws -> Findings {
        trial.teller.at("entering it")
        let table = try LoadedPlugin(path: plugin.library).enter()
        var findings = Findings()
        for runner in try CaseRunner.all(plugin, table) {
            trial.teller.at("running \(runner.given.component)")
            let whole = try await runner.run()
            guard whole.failure == nil else {
                findings.notes.append("\(runner.given.component)'s case fails: see rule 601.")
                continue
            }
            for watcher in whole.watchers {
                let count = watcher.seen.failableCount
                let calls = CallChoice.choose(of: count, maximum: trial.runsMaximum, seed: trial.seed)
                for call in calls { try await fail(runner, watcher.party, call, &findings) }
                findings.notes.append(
                    "\(runner.given.component) at \(watcher.party): \(calls.count) of \(count) calls failed.")
            }
        }
        return findings
    }

    private func fail(
        _ runner: CaseRunner, _ party: NornKit.Party, _ call: Int, _ findings: inout Findings
    ) async throws {
        let place = "\(runner.given.component) at \(party), whose host call \(call)"
        trial.teller.at("running \(place) fails")
        let run = try await runner.run(plans: [party: .fail(call: call)]) { watchers in
            RunGuard(trial.teller) {
                // Its peers may wait for ever for what a component went on without.
                watchers.first { $0.party == party }.flatMap { Self.verdict($0.seen, place) }
            }
        }
        guard let seen = run.watchers.first(where: { $0.party == party })?.seen, let target = seen.target else {
            return
        }
        if let verdict = Self.verdict(seen, place) { findings.fail(verdict) }
        if let status = seen.status, status != NORN_OK, seen.message.isEmpty {
            findings.fail("\(place) (\(target.name)) fails, ends with status \(status) and no word")
        }
    }

    /// What is wrong with how it ended; nil as long as nothing is.
    private static func verdict(_ seen: Watcher.State, _ place: String) -> String? {
        guard let target = seen.target, seen.status == NORN_OK, !maySurvive(target) else { return nil }
        return
            "\(place) (\(target.name)\(target.detail.isEmpty ? "" : " \(target.detail)")) fails, ends as if nothing had happened"
    }
}
