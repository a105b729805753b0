import ArgumentParser
import Foundation
import NornConformance
import NornManifest
import NornSite

/// Tries a plugin against the rules that a good one keeps; needs no site.
struct ComponentCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Try a plugin against the rules of the conformance kit.",
        discussion: """
            Takes the folder that holds manifest.json and the library, or a library beside one. Each rule is tried in a \
            process of its own. A check.json beside the manifest says with which parties, inputs and parameters \
            components are run; without it they are run on a small table that the kit makes up. \
            Exit codes: 0 no rule failed; 1 at least one did.
            """)

    @Argument(help: "Folder or library.") var path: String
    @Option(name: .customLong("rule"), help: "Number of a rule; again for more, all unless said.") var rules: [Int] = []
    @Option(help: "Where fuzzing and sampling start.") var seed: UInt64 = 1
    @Option(help: "Runs that the rules on cancelling and failing make for one party.") var runs = 48
    @Option(name: .customLong("limit-seconds"), help: "Time that one rule may take.") var limitSeconds = 240
    @Flag(name: .customLong("rules"), help: "List the rules, and try none.") var lists = false
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        for number in rules where Rule.rule(number) == nil {
            throw ValidationError("There is no rule \(number); norn component check --rules . lists them.")
        }
        guard runs > 0, limitSeconds > 0 else { throw ValidationError("--runs and --limit-seconds are at least 1.") }
    }

    func run() async throws {
        let chosen = rules.isEmpty ? Rule.all : Rule.all.filter { rules.contains($0.number) }
        if lists { return list(chosen) }
        var options = Check.Options()
        options.seed = seed
        options.runsMaximum = runs
        options.limitSeconds = limitSeconds
        let tree = InstalledTree.current()
        let check = Check(program: tree.ruleChecker.path, options: options)
        let report: CheckReport
        do {
            let project = try CheckedProject(path, bridges: tree.bridges)
            defer { project.remove() }
            report = try check.run(on: project.path, rules: chosen) { result in if !json { print(result.text) } }
        } catch {
            FileHandle.standardError.write(Data("norn: \(error)\n".utf8))
            throw Exits.broken
        }
        if json {
            print(report.json.text(.pretty))
        } else {
            print("\(report.count(.passed)) passed, \(report.count(.failed)) failed, \(report.count(.skipped)) skipped")
        }
        if !report.hasPassed { throw Exits.jobFailed }
    }

    private func list(_ rules: [Rule]) {
        for rule in rules { print("\(rule.number)  \(rule.group.rawValue): \(rule.title)") }
    }
}
