import Foundation
import NornConformance
import NornManifest
import Testing

/// Each bad plugin is found by the rule that is meant for it, and the good one it was made from by none.
@Suite struct BadPluginTests {
    static let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "norn-check-rule").path

    static let defects: [BadPlugin.Defect] = manifests + libraries + loading + lives + kernels + contracts

    private static let manifests: [BadPlugin.Defect] = [
        .init(name: "no version", rule: 101, change: .manifest { $0["plugin"] = ["id": "test.bad"] }),
        .init(name: "a misspelt key", rule: 102, change: .manifest { $0["componets"] = [] }),
        .init(
            name: "another digest", rule: 103,
            change: .manifest {
                $0["libraries"] = [
                    [
                        "platform": $0["libraries"]?[0]?["platform"] ?? "", "path": "libbad.so",
                        "sha256": .string(String(repeating: "0", count: 64)),
                    ]
                ]
            }),
    ]

    private static let libraries: [BadPlugin.Defect] = [
        .init(name: "a script", rule: 201, change: .library("#!/bin/sh\nexit 0\n")),
        .init(name: "symbols", rule: 202, change: .linked(Array(BadPlugin.usualLinking.dropFirst()))),
        .init(
            name: "may be unloaded", rule: 203,
            change: .linked(BadPlugin.usualLinking.filter { !$0.contains("nodelete") })),
        .init(name: "import", rule: 204),
        .init(name: "a search path", rule: 205, change: .linked(BadPlugin.usualLinking + ["-Wl,-rpath,/opt/lib"])),
        .init(
            name: "an executable stack", rule: 206,
            change: .linked(BadPlugin.usualLinking.map { $0.replacingOccurrences(of: "noexec", with: "exec") })),
    ]

    private static let loading: [BadPlugin.Defect] = [
        .init(name: "slow", rule: 301),
        .init(name: "environment", rule: 302), .init(name: "signal", rule: 302), .init(name: "file", rule: 302),
        .init(name: "umask", rule: 302), .init(name: "folder", rule: 302), .init(name: "thread", rule: 302),
        .init(name: "new table", rule: 303),
        .init(name: "empty slot", rule: 401), .init(name: "short struct", rule: 401),
        .init(name: "equal level", rule: 402), .init(name: "equal size", rule: 402),
        .init(name: "any level", rule: 403), .init(name: "mute refusal", rule: 403),
        .init(name: "trusting", rule: 404),
        .init(name: "version", rule: 501),
        .init(name: "changing description", rule: 502), .init(name: "ignored sink", rule: 502),
    ]

    private static let lives: [BadPlugin.Defect] = [
        .init(name: "failing", rule: 601), .init(name: "crash", rule: 601),
        .init(name: "destroy unrun", rule: 602), .init(name: "cancel unrun", rule: 602),
        .init(name: "leak", rule: 603), .init(name: "leaked file", rule: 603),
        .init(name: "thread left", rule: 604), .init(name: "late call", rule: 604),
        .init(name: "mute", rule: 605), .init(name: "error overflow", rule: 605),
        .init(name: "stubborn", rule: 701, slackMilliseconds: 1000), .init(name: "wrong status", rule: 701),
        .init(name: "retries", rule: 702),
        .init(name: "careless", rule: 801), .init(name: "mute failure", rule: 801),
    ]

    private static let kernels: [BadPlugin.Defect] = [
        .init(name: "static", rule: 901), .init(name: "address", rule: 902), .init(name: "batches", rule: 903),
        .init(name: "merge", rule: 904), .init(name: "writes", rule: 905), .init(name: "overreads", rule: 905),
        .init(name: "keys", rule: 906), .init(name: "empty key", rule: 906), .init(name: "emitting fold", rule: 906),
    ]

    private static let contracts: [BadPlugin.Defect] = [
        .init(name: "message", rule: 1001), .init(name: "large message", rule: 1001),
        .init(name: "permission", rule: 1002), .init(name: "output", rule: 1003),
        .init(name: "memory", rule: 1101), .init(name: "busy", rule: 1102),
        .init(name: "parameters", rule: 1201), .init(name: "rows", rule: 1202),
    ]

    private func check(_ plugin: BadPlugin, _ rules: [Rule], slack: UInt64 = 15_000) throws -> CheckReport {
        var options = Check.Options()
        options.slackMilliseconds = Int(slack)
        return try Check(program: Self.program, options: options).run(on: plugin.folder.path, rules: rules)
    }

    @Test(arguments: defects)
    func theRuleMeantForItFindsIt(defect: BadPlugin.Defect) throws {
        let plugin = try BadPlugin(defect)
        defer { plugin.remove() }
        let rule = try #require(Rule.rule(defect.rule))
        let result = try #require(check(plugin, [rule], slack: defect.slackMilliseconds).results.first)
        #expect(result.outcome == .failed, "\(result.text)")
        #expect(!result.failures.isEmpty)
    }

    @Test func theGoodOneBreaksNoRule() throws {
        let plugin = try BadPlugin(nil)
        defer { plugin.remove() }
        for result in try check(plugin, Rule.all).results { #expect(result.outcome == .passed, "\(result.text)") }
    }

    @Test func everyRuleHasABadPlugin() {
        let covered = Set(Self.defects.map(\.rule))
        #expect(Rule.all.map(\.number).filter { !covered.contains($0) }.isEmpty)
        #expect(Self.defects.count >= 25)
    }

    /// A crash is told with its signal and with what was tried, and ends nobody but the rule's process.
    @Test func aCrashIsAFindingThatSaysWhere() throws {
        let plugin = try BadPlugin(.init(name: "crash", rule: 601))
        defer { plugin.remove() }
        let rules = [601, 201].compactMap { Rule.rule($0) }
        let results = try check(plugin, rules).results
        #expect(results.map(\.outcome) == [.failed, .passed])
        #expect(results[0].failures.first?.contains("SIGSEGV while running Sample") == true, "\(results[0].text)")
    }

    @Test func anExceptionIsShownAndFailsNothing() throws {
        let plugin = try BadPlugin(.init(name: "import", rule: 204))
        defer { plugin.remove() }
        let cases = #"{"exceptions": [{"rule": 204, "why": "it asks its own daemon on this machine"}]}"#
        try Data(cases.utf8).write(to: plugin.folder.appending(path: "check.json"))
        let rule = try #require(Rule.rule(204))
        let result = try #require(check(plugin, [rule]).results.first)
        #expect(result.outcome == .skipped)
        #expect(result.notes.contains { $0.contains("its own daemon") })
        #expect(result.notes.contains { $0.contains("imports socket") })
    }

    @Test(arguments: [
        (#"{"case": []}"#, "case"), (#"{"exceptions": [{"rule": 204, "why": "it is our own", "until": 1}]}"#, "until"),
        (#"{"cases": [{"component": "Sample", "parameter": {}, "parties": []}]}"#, "parameter"),
        (#"{"cases": [{"component": "Sample", "parties": [{"role": "guest", "party": "1", "input": []}]}]}"#, "input"),
    ]) func aMisspeltKeyOfTheCasesIsNamed(text: String, key: String) throws {
        let plugin = try BadPlugin(nil)
        defer { plugin.remove() }
        try Data(text.utf8).write(to: plugin.folder.appending(path: "check.json"))
        let rule = try #require(Rule.rule(601))
        let result = try #require(check(plugin, [rule]).results.first)
        #expect(result.outcome == .failed)
        #expect(result.text.contains("unknown key \(key);"), "\(result.text)")
    }
}
