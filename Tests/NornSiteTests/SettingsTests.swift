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

    @Test func anUnknownSettingIsRefusedWithTheNearestName() throws {
        let error = #expect(throws: SiteError.self) { try SiteSettings.parse("http:\n  prot: 1") }
        #expect(error?.code == "unknown_setting")
        #expect(error?.field == "http.prot")
        #expect(error?.hint == "Did you mean port?")
    }

    @Test(arguments: [
        ("http:\n  port: many", "http.port"), ("http: 3", "http"), ("http:\n  port: 70000", "http.port"),
        ("resources:\n  cores: -1", "resources.cores"), ("logs:\n  level: loud", "logs.level"),
        ("parties: []", "parties"),
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
