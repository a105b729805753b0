import Foundation
import NornFlow
import NornSimulator

/// What `norn simulate --json` prints.
struct SimulateReport: Encodable {
    struct Broken: Encodable {
        var seed: UInt64
        var promise: String
        var what: String
    }

    struct Planted: Encodable {
        var bug: String
        /// The first that finds it; nil when none does.
        var seed: UInt64?
        var promise: String?
        var what: String?

        var line: String {
            let name = bug.padding(toLength: 22, withPad: " ", startingAt: 0)
            guard let seed, let promise, let what else { return "\(name) NOT FOUND" }
            return "\(name) seed \(seed): \(promise): \(what)"
        }
    }

    var seeds: Int
    var seconds: Double
    var seedsPerMinute: Int
    var steps: Int
    var faults: Int
    var jobs: [String: Int]
    var violations: [Broken]

    init(_ report: Sweep.Report, seconds: Double) {
        seeds = report.seeds
        self.seconds = seconds
        seedsPerMinute = Int(Double(report.seeds) * 60 / max(seconds, 0.001))
        steps = report.steps
        faults = report.faults
        jobs = Dictionary(uniqueKeysWithValues: report.outcomes.map { ($0.key.rawValue, $0.value) })
        violations = report.violations.compactMap { result in
            result.violation.map {
                Broken(seed: result.plan.seed, promise: $0.invariant.rawValue, what: $0.what)
            }
        }
    }
}
