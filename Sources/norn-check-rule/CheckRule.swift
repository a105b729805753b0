import Glibc
import NornConformance

/// Tries one rule on one plugin, for `norn component check`, and tells what came of it on descriptor 3.
/// Usage: norn-check-rule RULE FOLDER_OR_LIBRARY SEED RUNS SLACK_MILLISECONDS
@main struct CheckRule {
    static func main() async {
        let arguments = CommandLine.arguments.dropFirst().map { String($0) }
        if arguments.first == "replay" { return replay(Array(arguments.dropFirst())) }
        guard arguments.count >= 5, let number = Int(arguments[0]), let rule = Rule.rule(number),
            let seed = UInt64(arguments[2]), let runs = Int(arguments[3]), let slack = UInt64(arguments[4])
        else {
            let usage = "norn-check-rule is run by norn component check: RULE PLUGIN SEED RUNS SLACK_MILLISECONDS\n"
            _ = usage.withCString { write(STDERR_FILENO, $0, strlen($0)) }
            exit(64)
        }
        let teller = Teller(rule: number)
        let trial = Trial(
            rule: rule, path: arguments[1], seed: seed, runsMaximum: max(runs, 1), slackMilliseconds: slack,
            teller: teller)
        teller.end(with: await trial.result())
    }

    /// The other process of rule 902.
    private static func replay(_ arguments: [String]) {
        do { try RemoteReplay.serve(arguments) } catch {
            _ = "\(error)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
            exit(1)
        }
    }
}
