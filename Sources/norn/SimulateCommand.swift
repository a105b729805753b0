import ArgumentParser
import Foundation
import NornFlow
import NornSimulator

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract:
            "Run the scheduler of several sites in virtual time with faults drawn from a seed; check its promises.",
        discussion: """
            Faults: all, none, or a comma-separated list of names, each with =N for another rate, so many times in ten \
            thousand: \(Fault.allCases.map(\.rawValue).joined(separator: ", ")). A list may begin with all: \
            all,restore=0.
            Exit code 1: a promise was broken, or a planted bug was not found.
            """)

    @Option(help: "The first seed.") var seed: UInt64 = 0
    @Option(help: "How many seeds.") var seeds: UInt64 = 1
    @Option(help: "How many sites, at most \(SimulationPlan.sitesMaximum).") var sites = 3
    @Option(help: "How many jobs, at most \(SimulationPlan.jobsMaximum).") var jobs = 5
    @Option(help: "What goes wrong, see below.") var faults: Faults = .all
    @Option(
        help: "Plant a bug: all, for a table, or one of \(PlantedBug.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var planted: String?
    @Option(help: "How many seeds are run at once.") var threads = ProcessInfo.processInfo.activeProcessorCount
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard seeds > 0, seeds <= UInt64.max - seed else { throw ValidationError("--seeds is at least 1") }
        guard (1...SimulationPlan.sitesMaximum).contains(sites) else {
            throw ValidationError("--sites is from 1 to \(SimulationPlan.sitesMaximum)")
        }
        guard (0...SimulationPlan.jobsMaximum).contains(jobs) else {
            throw ValidationError("--jobs is from 0 to \(SimulationPlan.jobsMaximum)")
        }
        if let planted, planted != "all", PlantedBug(rawValue: planted) == nil {
            throw ValidationError("no planted bug is called \(planted)")
        }
    }

    func run() async throws {
        if planted == "all" { return try await tablePlanted() }
        let begin = ContinuousClock.now
        let plan = plan(planted.flatMap(PlantedBug.init))
        let report = await Sweep(plan, seeds: seed..<seed + seeds, threads: threads).run()
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        if json { try Printing.json(SimulateReport(report, seconds: seconds)) } else { print(report, seconds) }
        guard let first = report.violations.first else { return }
        if !json { explain(first) }
        throw ExitCode(1)
    }

    private func plan(_ bug: PlantedBug?) -> SimulationPlan {
        SimulationPlan(seed: seed, sites: sites, jobs: jobs, faults: faults, planted: bug)
    }

    private func print(_ report: Sweep.Report, _ seconds: Double) {
        let outcomes = report.outcomes.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key)" }
        Swift.print(
            """
            \(report.seeds) seeds in \(Printing.number(seconds)) s (\(Int(Double(report.seeds) * 60 / seconds)) a \
            minute), \(report.steps) steps, \(report.faults) faults
            jobs: \(outcomes.joined(separator: ", "))
            violations: \(report.violations.count)
            """)
        for result in report.violations {
            guard let violation = result.violation else { continue }
            Swift.print("  seed \(result.plan.seed): \(violation)")
        }
    }

    private func explain(_ result: SimulationResult) {
        guard var shrinking = Shrinking(result) else { return }
        let shortest = shrinking.shortest()
        Swift.print("\nThe shortest history found in \(shrinking.runs) runs (\(shrinking.plan.omissions)):")
        for line in shortest.history { Swift.print(line) }
        var command = "norn simulate --seed \(result.plan.seed) --sites \(sites) --jobs \(jobs) --faults \(faults)"
        if let bug = result.plan.planted { command += " --planted \(bug)" }
        Swift.print("\nThe same again: \(command)")
    }

    /// Which seed finds each planted bug.
    private func tablePlanted() async throws {
        var rows: [SimulateReport.Planted] = []
        for bug in PlantedBug.allCases {
            let found = (seed..<seed + max(seeds, Self.plantedSeedsMinimum)).lazy.compactMap { seed in
                var plan = plan(bug)
                plan.seed = seed
                return plan.run().violation.map { (seed, $0) }
            }.first
            rows.append(
                SimulateReport.Planted(
                    bug: bug.rawValue, seed: found?.0, promise: found?.1.invariant.rawValue, what: found?.1.what))
        }
        if json { try Printing.json(rows) } else { for row in rows { Swift.print(row.line) } }
        if rows.contains(where: { $0.seed == nil }) { throw ExitCode(1) }
    }

    private static let plantedSeedsMinimum: UInt64 = 1000
}

extension Faults: ExpressibleByArgument {
    public init?(argument: String) {
        guard let faults = try? Faults(parsing: argument) else { return nil }
        self = faults
    }

    public var defaultValueDescription: String { description }
}
