import NornConformance
import NornManifest
import NornTestHost

/// What a rule found.
struct Findings: Sendable {
    /// Failures that are told; later ones are counted.
    static let failuresMaximum = 10

    private(set) var failures: [String] = []
    private var dropped = 0
    var notes: [String] = []
    var suggestion: JSON?
    /// Why the rule could not be tried.
    var skipped: String?

    static func skipped(_ why: String) -> Findings {
        var findings = Findings()
        findings.skipped = why
        return findings
    }

    mutating func fail(_ failure: String) {
        guard failures.count < Self.failuresMaximum else { return dropped += 1 }
        if !failures.contains(failure) { failures.append(failure) }
    }

    var allNotes: [String] { notes + (dropped > 0 ? ["\(dropped) more failures like these"] : []) }
}

/// One rule to be tried on one plugin.
struct Trial: Sendable {
    let rule: Rule
    let path: String
    let seed: UInt64
    let runsMaximum: Int
    let slackMilliseconds: UInt64
    let teller: Teller

    func result() async -> RuleResult {
        var result = await tried()
        guard result.outcome == .failed, let plugin = try? CheckedPlugin(path: path),
            let why = (try? plugin.cases())?.exceptions[rule.number]
        else { return result }
        // The author says why this plugin may break the rule: shown to whoever reads the report, and no failure.
        result.outcome = .skipped
        result.notes = ["check.json makes an exception: \(why)"] + result.failures + result.notes
        result.failures = []
        return result
    }

    private func tried() async -> RuleResult {
        do {
            let findings = try await findings()
            if let why = findings.skipped { return RuleResult(rule: rule.number, outcome: .skipped, notes: [why]) }
            return RuleResult(
                rule: rule.number, outcome: findings.failures.isEmpty ? .passed : .failed,
                failures: findings.failures, notes: findings.allNotes, suggestion: findings.suggestion)
        } catch {
            return .failed(rule.number, "\(error)".trimmingFullStop)
        }
    }

    private func findings() async throws -> Findings {
        let plugin: CheckedPlugin
        do { plugin = try CheckedPlugin(path: path) } catch {
            // Only the rules on the manifest judge a manifest that cannot be read; the others have nothing to go by.
            if rule.group == .manifest { throw error }
            return .skipped("The plugin cannot be read: \(error)")
        }
        if rule.subject != .plugin, plugin.manifest == nil { return .skipped("There is no manifest: see rule 101.") }
        if rule.subject != .plugin, plugin.manifest?.components.isEmpty == true {
            return .skipped("The plugin offers no component.")
        }
        return try await run(plugin)
    }

    private func run(_ plugin: CheckedPlugin) async throws -> Findings {
        switch rule.group {
        case .manifest: try ManifestRules(plugin: plugin).findings(rule.number)
        case .library: try LibraryRules(plugin: plugin).findings(rule.number)
        case .loading:
            // Not on the pool, whose workers are not looked at.
            try await onThread { Result { try LoadingRules(plugin: plugin, teller: teller).findings(rule.number) } }
                .get()
        case .negotiation: try NegotiationRules(plugin: plugin, teller: teller).findings(rule.number)
        case .description: try DescriptionRules(plugin: plugin, teller: teller).findings(rule.number)
        case .lifecycle: try await LifecycleRules(plugin: plugin, trial: self).findings(rule.number)
        case .cancellation: try await CancellationRules(plugin: plugin, trial: self).findings(rule.number)
        case .faults: try await FaultRules(plugin: plugin, trial: self).findings()
        case .kernels: try await KernelRules(plugin: plugin, trial: self).findings(rule.number)
        case .wire: try await WireRules(plugin: plugin, trial: self).findings(rule.number)
        case .resources: try await ResourceRules(plugin: plugin, trial: self).findings(rule.number)
        case .fuzz: try await FuzzRules(plugin: plugin, trial: self).findings(rule.number)
        }
    }
}

/// Something that keeps a rule from being tried, or that the rule is about.
struct TrialError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension String {
    var trimmingFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
