import NornManifest

/// What became of one rule.
public struct RuleResult: Hashable, Sendable, Codable {
    public enum Outcome: String, Hashable, Sendable, Codable {
        case passed, failed
        /// The plugin has nothing to try it on; the notes say why.
        case skipped
    }

    public let rule: Int
    public var outcome: Outcome
    /// What was wrong, each a sentence without its end; empty unless it failed.
    public var failures: [String]
    /// What was measured or left out.
    public var notes: [String]
    /// What the manifest could declare, as a resources block.
    public var suggestion: JSON?

    public init(
        rule: Int, outcome: Outcome, failures: [String] = [], notes: [String] = [], suggestion: JSON? = nil
    ) {
        self.rule = rule
        self.outcome = outcome
        self.failures = failures
        self.notes = notes
        self.suggestion = suggestion
    }

    public static func failed(_ rule: Int, _ failure: String) -> RuleResult {
        RuleResult(rule: rule, outcome: .failed, failures: [failure])
    }
}

/// What became of all rules.
public struct CheckReport: Sendable {
    public let path: String
    public let seed: UInt64
    public var results: [RuleResult]

    public var hasPassed: Bool { results.allSatisfy { $0.outcome != .failed } }

    public func count(_ outcome: RuleResult.Outcome) -> Int { results.count { $0.outcome == outcome } }

    /// For programs.
    public var json: JSON {
        [
            "plugin": .string(path), "seed": .string(String(seed)), "passed": .bool(hasPassed),
            "rules": .array(
                results.map { result in
                    var object: JSONObject = [
                        "rule": .int(result.rule), "outcome": .string(result.outcome.rawValue),
                        "failures": .array(result.failures.map { .string($0) }),
                        "notes": .array(result.notes.map { .string($0) }),
                    ]
                    if let rule = Rule.rule(result.rule) {
                        object["group"] = .string(rule.group.rawValue)
                        object["title"] = .string(rule.title)
                        if result.outcome == .failed { object["remedy"] = .string(rule.remedy) }
                    }
                    if let suggestion = result.suggestion { object["suggestion"] = suggestion }
                    return .object(object)
                }),
        ]
    }
}

extension RuleResult {
    /// A few lines for a person.
    public var text: String {
        guard let rule = Rule.rule(rule) else { return "\(rule) \(outcome.rawValue)" }
        let mark = [.passed: "ok  ", .failed: "FAIL", .skipped: "skip"][outcome] ?? "    "
        var lines = ["\(mark)  \(rule.number)  \(rule.title)"]
        lines += failures.map { "            \($0)." }
        if outcome == .failed { lines.append("            Mend: \(rule.remedy)") }
        lines += notes.map { "            \($0)" }
        if let suggestion { lines.append("            \"resources\": \(suggestion.text())") }
        return lines.joined(separator: "\n")
    }
}
