import Foundation
import NornFlow
import NornManifest
import Testing

@testable import NornSite

/// What a site asks of keys.
@Suite struct PrivacyRulesTests {
    private static let guest = Party(role: .guest, id: "9999")

    /// A component as it is shipped.
    private static func component(_ family: String, _ name: String) throws -> ComponentDeclaration {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "components/\(family)/manifest.json")
        let manifest = try Manifest.decode(String(contentsOf: file, encoding: .utf8)).manifest
        return try #require(manifest.component(name))
    }

    private static func rules(_ bits: Int = 2048, _ compatibility: String = "own") -> PrivacyRules {
        var settings = SiteSettings.Privacy()
        settings.keyBits = bits
        settings.compatibility = compatibility
        return PrivacyRules(settings: settings)
    }

    private static func task(_ module: String, _ parameters: [String: ParameterValue]) -> JobTask {
        JobTask(name: "task_0", module: module, parties: [guest], parameters: [guest: parameters])
    }

    @Test(arguments: ["HeteroLR", "HeteroLinR"]) func shortKeysAreRefusedByTheirParameter(name: String) throws {
        let component = try Self.component("linear", name)
        let task = Self.task(name, ["encrypt_param": ["key_length": 1024]])
        let flaw = try #require(Self.rules().flaw(task, component, at: Self.guest, isOwn: false))
        #expect(flaw.code == .refused && flaw.party == Self.guest && flaw.task == "task_0")
        #expect(flaw.field == "conf.component_parameters.common.task_0.encrypt_param.key_length")
        #expect(flaw.what.contains("1024") && flaw.advice.contains("privacy.compatibility"))
    }

    @Test(arguments: [
        ("never", false, false), ("never", true, false), ("own", false, false), ("own", true, true),
        ("always", false, true), ("always", true, true),
    ]) func compatibilitySaysWhoMayHaveThem(word: String, isOwn: Bool, isTaken: Bool) throws {
        let component = try Self.component("feature", "HeteroFeatureBinning")
        let task = Self.task("HeteroFeatureBinning", ["encrypt_param": ["key_length": 1024]])
        let flaw = Self.rules(2048, word).flaw(task, component, at: Self.guest, isOwn: isOwn)
        #expect((flaw == nil) == isTaken)
        let warnings = Self.rules(2048, word).warnings(component, task.parameters[Self.guest] ?? [:])
        #expect(warnings.count == 1 && warnings[0].contains("encrypt_param.key_length is 1024 bits"))
    }

    @Test func aSiteMayAskForLongerKeysThanTheDefault() throws {
        let component = try Self.component("linear", "HeteroLR")
        let usual = Self.task("HeteroLR", [:])
        #expect(Self.rules().flaw(usual, component, at: Self.guest, isOwn: false) == nil)
        let flaw = try #require(Self.rules(3072).flaw(usual, component, at: Self.guest, isOwn: false))
        #expect(flaw.what.contains("2048"))
        let long = Self.task("HeteroLR", ["encrypt_param": ["key_length": 3072.0]])
        #expect(Self.rules(3072).flaw(long, component, at: Self.guest, isOwn: false) == nil)
    }

    private static let shortKey: ParameterValue = .object(["key_length": .int(1024)])

    private static let methods: [(parameters: [String: ParameterValue], short: String?)] = [
        (["intersect_method": .string("dh"), "dh_params": shortKey], "dh_params"),
        (["intersect_method": .string("ecdh"), "dh_params": shortKey], nil),
        (["rsa_params": shortKey], "rsa_params"),
        (["intersect_method": .string("DH"), "rsa_params": shortKey], nil),
        (
            [
                "intersect_method": .string("ecdh"), "cardinality_method": .string("rsa"), "rsa_params": shortKey,
            ], "rsa_params"
        ),
    ]

    /// A key that the chosen method does not make counts for nothing.
    @Test(arguments: methods)
    func onlyKeysOfTheChosenMethodCount(parameters: [String: ParameterValue], short: String?) throws {
        let component = try Self.component("intersect", "Intersection")
        let keys = Self.rules().shortKeys(component, parameters)
        #expect(keys.map(\.parameter) == (short.map { ["\($0).key_length"] } ?? []))
    }

    @Test func everyComponentThatMakesSuchKeysSaysSo() throws {
        for (family, names) in [
            ("linear", ["HeteroLR", "HeteroLinR"]), ("feature", ["HeteroFeatureBinning"]),
            ("intersect", ["Intersection"]),
        ] {
            for name in names {
                let component = try Self.component(family, name)
                #expect(!component.keyLengths.isEmpty)
                for key in component.keyLengths { #expect(component.defaultValue(of: key.parameter)?.asInt == 2048) }
            }
        }
    }

    @Test func cellsAreHeldToTheLargerOfJobAndSite() throws {
        var settings = SiteSettings.Privacy()
        settings.minimumRowsPerCell = 20
        let rules = PrivacyRules(settings: settings)
        let binning = try Self.component("feature", "HeteroFeatureBinning")
        for (given, expected) in [(nil, 20), (5, 20), (50, 50)] as [(Int64?, Int64)] {
            let parameters: [String: ParameterValue] = given.map { ["minimum_rows_per_cell": .int($0)] } ?? [:]
            #expect(rules.raised(parameters, of: binning)["minimum_rows_per_cell"] == .int(expected))
        }
        let regression = try Self.component("linear", "HeteroLR")
        #expect(rules.raised([:], of: regression).isEmpty)
        #expect(Self.rules().raised([:], of: binning).isEmpty)
    }

    @Test func anArbiterAtAnotherPartysSiteIsSeenAndMayBeRefused() throws {
        let (host, arbiter) = (Party(role: .host, id: "10000"), Party(role: .arbiter, id: "10001"))
        let parties = [Self.guest, host, arbiter]
        let sites = ["9999": "a", "10000": "b", "10001": "b"]
        let found = try #require(PrivacyRules.neighbours(parties) { sites[$0.id] })
        #expect(found == PrivacyRules.Neighbours(arbiter: arbiter, other: host))
        #expect(PrivacyRules.neighbours(parties) { $0.id } == nil)
        #expect(PrivacyRules.neighbours(parties) { _ in "" } == nil, "one site keeps nothing from itself")
        let same = Party(role: .arbiter, id: "10000")
        #expect(PrivacyRules.neighbours([Self.guest, host, same]) { _ in nil }?.other == host)
        #expect(Self.rules().flaw(found, at: Self.guest) == nil)
        var strict = SiteSettings.Privacy()
        strict.arbiterAtParty = "refuse"
        let flaw = try #require(PrivacyRules(settings: strict).flaw(found, at: Self.guest))
        #expect(flaw.field == "conf.role.arbiter" && flaw.what.contains("arbiter:10001"))
    }

    @Test func theSettingsAreChecked() {
        for value in ["key_bits: 512", "key_bits: 8192", "compatibility: sometimes", "arbiter_at_party: no"] {
            #expect(throws: SiteError.self) { try SiteSettings.parse("privacy: {\(value)}") }
        }
    }
}
