import NornABI
import NornKit
import NornManifest
import NornTestHost

/// Rules 701 and 702: cancelled at its k-th host call, a component ends, and leaves its host alone.
struct CancellationRules {
    /// Calls that may be on their way on other threads when the attempt is cancelled.
    static let callsOnTheirWayMaximum = 16

    let plugin: CheckedPlugin
    let trial: Trial

    func findings(_ number: Int) async throws -> Findings {
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
                for call in calls { try await cancel(runner, watcher.party, call, number, &findings) }
                findings.notes.append(
                    "\(runner.given.component) at \(watcher.party): cancelled at \(calls.count) of \(count) calls.")
            }
        }
        return findings
    }

    private func cancel(
        _ runner: CaseRunner, _ party: NornKit.Party, _ call: Int, _ number: Int, _ findings: inout Findings
    ) async throws {
        let place = "\(runner.given.component) at \(party), cancelled at host call \(call)"
        trial.teller.at("running \(place)")
        let limit = UInt64(runner.declaration.stopGraceMilliseconds) + trial.slackMilliseconds
        let run = try await runner.run(plans: [party: .cancel(call: call)]) { watchers in
            RunGuard(trial.teller) {
                for watcher in watchers {
                    let seen = watcher.seen
                    guard let since = seen.cancelMilliseconds, seen.isRunning else { continue }
                    if TrialClock.milliseconds > since + limit {
                        return "\(place) (\(seen.target?.name ?? "")), still runs after \(limit) ms"
                    }
                }
                return nil
            }
        }
        guard let watcher = run.watchers.first(where: { $0.party == party }) else { return }
        let seen = watcher.seen
        let name = "\(place) (\(seen.target?.name ?? "never reached"))"
        if number == 702 {
            if seen.refusedCount > Self.callsOnTheirWayMaximum {
                findings.fail("\(name), makes \(seen.refusedCount) more calls that give NORN_CANCELLED")
            }
        } else if seen.isCancelled, let status = seen.status, status != NORN_OK, status != NORN_CANCELLED {
            findings.fail("\(name), ends with status \(status) instead of NORN_CANCELLED: \(seen.message)")
        }
    }
}
