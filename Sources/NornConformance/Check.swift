/// Tries rules on a plugin, each in a process of its own with a time limit.
public struct Check: Sendable {
    public struct Options: Hashable, Sendable {
        /// What fuzzing and sampling start from; the report names it, so that a failure can be had again.
        public var seed: UInt64 = 1
        /// Runs that the rules on cancelling and failing make for one party; beyond it every n-th call is tried.
        public var runsMaximum = 48
        /// What one rule's process may take.
        public var limitSeconds = 240
        /// What a cancelled run may take beyond its declared grace: a busy machine takes longer for the same work.
        public var slackMilliseconds = 15_000

        public init() {}
    }

    /// The program that tries one rule, `libexec/norn/norn-check-rule`.
    private let program: String
    private let options: Options

    public init(program: String, options: Options = Options()) {
        self.program = program
        self.options = options
    }

    /// Tries the rules in turn. Blocks: never call it on a thread that others wait for.
    /// - Parameters:
    ///   - path: a folder with a manifest.json, or a library beside one
    ///   - each: sees every result as it comes
    public func run(
        on path: String, rules: [Rule] = Rule.all, each: (RuleResult) -> Void = { _ in }
    ) throws(CheckError) -> CheckReport {
        var report = CheckReport(path: path, seed: options.seed, results: [])
        for rule in rules {
            let arguments = [
                program, String(rule.number), path, String(options.seed), String(options.runsMaximum),
                String(options.slackMilliseconds),
            ]
            let process = try RuleProcess(arguments: arguments)
            let result = process.result(of: rule.number, limitSeconds: options.limitSeconds)
            report.results.append(result)
            each(result)
        }
        return report
    }
}

/// The kit itself cannot work.
public struct CheckError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
