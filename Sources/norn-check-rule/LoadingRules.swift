import Glibc
import NornABI
import NornConformance

/// Rules 301 to 303: what loading does to the process, and how long it takes.
struct LoadingRules {
    static let loadMillisecondsMaximum = 100
    /// Loads that are timed, each in a process of its own; the shortest counts: caches may be cold.
    static let loadsMaximum = 5

    private static let argumentCount = 5

    let plugin: CheckedPlugin
    let teller: Teller

    func findings(_ number: Int) throws -> Findings {
        switch number {
        case 301: try timeFindings()
        case 302: try stateFindings()
        default: try repetitionFindings()
        }
    }

    /// A load can be timed once in a process: a slow one is tried again in the next, which takes this one's place.
    private func timeFindings() throws -> Findings {
        var findings = Findings()
        let earlier = CommandLine.arguments.dropFirst(Self.argumentCount + 1).compactMap { UInt64($0) }
        teller.at("loading it for the \(earlier.count + 1). time, to see how long it takes")
        let start = TrialClock.ownNanoseconds
        _ = Describing.all(try LoadedPlugin(path: plugin.library).enter())
        let taken = TrialClock.ownNanoseconds - start
        let milliseconds = Double(min(taken, earlier.min() ?? .max) / 10_000) / 100
        guard taken > UInt64(Self.loadMillisecondsMaximum) * 1_000_000 else {
            findings.notes.append("Loading, entering and describing took \(milliseconds) ms.")
            return findings
        }
        guard earlier.count + 1 < Self.loadsMaximum else {
            findings.fail("loading, entering and describing took \(milliseconds) ms at best")
            return findings
        }
        try load(again: CommandLine.arguments + [String(taken)])
    }

    private func load(again arguments: [String]) throws -> Never {
        let texts = arguments.map { strdup($0) } + [nil]
        execv("/proc/self/exe", texts)
        throw TrialError("it cannot be loaded again: \(String(cString: strerror(errno)))")
    }

    private func stateFindings() throws -> Findings {
        var findings = Findings()
        // The first look opens what looking itself needs.
        _ = ProcessState()
        let before = ProcessState()
        teller.at("loading it")
        let loaded = try LoadedPlugin(path: plugin.library)
        for difference in before.differences(to: ProcessState()) {
            findings.fail("after its constructors \(difference)")
        }
        teller.at("entering it")
        let entered = ProcessState()
        let table = try loaded.enter()
        for difference in entered.differences(to: ProcessState()) { findings.fail("after its entry \(difference)") }
        teller.at("letting it describe itself")
        let described = ProcessState()
        _ = Describing.all(table)
        for difference in described.differences(to: ProcessState()) { findings.fail("after describe \(difference)") }
        return findings
    }

    private func repetitionFindings() throws -> Findings {
        var findings = Findings()
        teller.at("entering it twice")
        let first = try LoadedPlugin(path: plugin.library).enter()
        let firstDescription = Describing.all(first)
        let second = try LoadedPlugin(path: plugin.library).enter()
        if first != second { findings.fail("the second entry gave another table than the first") }
        if firstDescription != Describing.all(second) {
            findings.fail("after the second entry it describes itself otherwise")
        }
        if Describing.all(first) != firstDescription {
            findings.fail("the first table is another after the second entry")
        }
        return findings
    }
}
