import Foundation
import NornSite
import Testing
import Yams

@Suite struct SettingsTests {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// conf/site.yaml writes every setting down: none is missing, none is unknown, each has its default.
    @Test func theSettingsFileSaysWhatTheCodeDoes() throws {
        let text = try String(contentsOf: Self.root.appending(path: "conf/site.yaml"), encoding: .utf8)
        let written = try #require(try Yams.load(yaml: text) as? [String: Any])
        #expect(try Self.text(written) == Self.text(SiteSettings.defaults()))
        #expect(try SiteSettings.parse(text) == SiteSettings())
    }

    private static func text(_ members: [String: Any]) throws -> String {
        let data = try JSONSerialization.data(withJSONObject: members, options: [.sortedKeys, .prettyPrinted])
        return String(decoding: data, as: UTF8.self)
    }

    @Test func aFileChangesOnlyWhatItNames() throws {
        let settings = try SiteSettings.parse(
            """
            parties: [9999, 10000]
            http:
              port: 0
            jobs:
              live_jobs: 7
            """)
        var expected = SiteSettings()
        expected.parties = ["9999", "10000"]
        expected.http.port = 0
        expected.jobs.liveJobs = 7
        #expect(settings == expected)
    }

    @Test func limitsAreReadWithIdsThatLookLikeNumbers() throws {
        let settings = try SiteSettings.parse(
            """
            scheduling:
              limits: [{party: 9999, jobs: 100}, {partner: "10000", cores: 16}]
            """)
        var first = SiteSettings.Limit()
        (first.party, first.jobs) = ("9999", 100)
        var second = SiteSettings.Limit()
        (second.partner, second.cores) = ("10000", 16)
        #expect(settings.scheduling.limits == [first, second])
    }

    @Test func approvalRulesAreReadWithWhatTheyLeaveOut() throws {
        let settings = try SiteSettings.parse(
            """
            approval:
              rules:
                - {partner: 9999, tables: [example/*], components: [Reader, Intersection], decision: automatic}
                - {decision: refuse}
            """)
        var first = SiteSettings.ApprovalRule()
        (first.partner, first.tables, first.decision) = ("9999", ["example/*"], "automatic")
        first.components = ["Reader", "Intersection"]
        var second = SiteSettings.ApprovalRule()
        second.decision = "refuse"
        #expect(settings.approval.rules == [first, second])
    }

    @Test func anUnknownSettingIsRefusedWithTheNearestName() throws {
        let error = #expect(throws: SiteError.self) { try SiteSettings.parse("http:\n  prot: 1") }
        #expect(error?.code == "unknown_setting")
        #expect(error?.field == "http.prot")
        #expect(error?.hint == "Did you mean port?")
    }

    @Test(arguments: [
        ("http:\n  port: many", "http.port"), ("http: 3", "http"), ("http:\n  port: 70000", "http.port"),
        ("resources:\n  cores: -1", "resources.cores"), ("logs:\n  level: loud", "logs.level"),
        ("parties: []", "parties"), ("federation:\n  protocol_version: 99", "federation.protocol_version"),
        ("scheduling:\n  lease_seconds: 1", "scheduling.lease_seconds"),
        ("scheduling:\n  preemption: always", "scheduling.preemption"),
        ("scheduling:\n  limits: [{jobs: 3}]", "scheduling.limits[0]"),
        ("scheduling:\n  limits: [{party: 9999}]", "scheduling.limits[0]"),
        ("scheduling:\n  limits: [{partner: bank, jobs: 3}]", "scheduling.limits[0].partner"),
        ("scheduling:\n  limits: [{partner: 9999, nodes: 3}]", "scheduling.limits[0].nodes"),
        ("approval:\n  rules: [{partner: 9999}]", "approval.rules[0].decision"),
        ("approval:\n  rules: [{decision: maybe}]", "approval.rules[0].decision"),
        ("approval:\n  rules: [{partner: bank, decision: ask}]", "approval.rules[0].partner"),
        ("approval:\n  rules: [{tables: [t], decision: ask}]", "approval.rules[0].tables[0]"),
        ("approval:\n  rules: [{table: a/b, decision: ask}]", "approval.rules[0].table"),
        ("retention:\n  job_days: -1", "retention.job_days"),
        ("retention:\n  sweep_minutes: 0", "retention.sweep_minutes"),
        ("disk:\n  low_megabytes: 5000", "disk.resume_megabytes"), ("disk:\n  low_megabytes: -1", "disk.low_megabytes"),
        ("store:\n  url: mysql://host/norn", "store.url"),
    ])
    func aWrongValueIsRefusedByItsField(yaml: String, field: String) throws {
        let error = #expect(throws: SiteError.self) { try SiteSettings.parse(yaml) }
        #expect(error?.field == field)
    }

    @Test func anEmptyFileGivesTheDefaults() throws {
        #expect(try SiteSettings.parse("# nothing\n") == SiteSettings())
    }

    @Test func aListenerForTheNetworkNeedsTokensAndNamedParties() throws {
        var settings = SiteSettings()
        try settings.checkListener()
        settings.http.host = "0.0.0.0"
        #expect(throws: SiteError.self) { try settings.checkListener() }
        settings.parties = ["9999"]
        try settings.checkListener()
        settings.http.authentication = "none"
        #expect(throws: SiteError.self) { try settings.checkListener() }
        settings.http.host = "::1"
        try settings.checkListener()
    }
}
