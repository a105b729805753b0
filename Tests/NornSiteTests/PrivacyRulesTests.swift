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

    @Test func theSettingsAreChecked() {
        for yaml in ["privacy: {key_bits: 512}", "privacy: {key_bits: 8192}", "privacy: {compatibility: sometimes}"] {
            #expect(throws: SiteError.self) { try SiteSettings.parse(yaml) }
        }
    }
}
