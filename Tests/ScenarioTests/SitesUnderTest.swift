import Foundation
import NIOHTTP1

/// Sites in processes and homes of their own that trust one another, made as their people would make them.
final class SitesUnderTest {
    static let listenSecondsMaximum = 20.0

    struct Member {
        let name: String
        let parties: [String]
        let site: SiteUnderTest
        let pin: String
        let port: Int

        var address: String { "https://127.0.0.1:\(port)" }
    }

    private struct Listener {
        let port: Int
        let pin: String
    }

    private(set) var members: [Member] = []

    /// - Parameters:
    ///   - sites: each site's name and the party ids that it serves.
    ///   - trusting: without it no site knows another.
    ///   - settings: what a site's settings file says, by its name.
    ///   - trees: the installed tree of a site, by its name; the staged one unless said.
    init(
        _ sites: [(name: String, parties: [String])], trusting: Bool = true, settings: [String: String] = [:],
        trees: [String: URL] = [:]
    ) async throws {
        for (name, parties) in sites {
            members.append(try await Self.start(name, parties, settings[name], trees[name] ?? StagedTree.root))
        }
        guard trusting else { return }
        for member in members {
            for other in members where other.name != member.name { try await member.trust(other) }
        }
    }

    private static func start(
        _ name: String, _ parties: [String], _ settings: String?, _ tree: URL
    ) async throws -> Member {
        let flags = ["--parties", parties.joined(separator: ","), "--federation-host", "127.0.0.1"]
        let site = try await SiteUnderTest(flags + ["--federation-port", "0"], tree: tree) { home in
            let made = try await Program.run(
                StagedTree.norn, ["site", "init", "--home", home.path, "--name", name, "--hosts", "127.0.0.1"])
            guard made.status == 0 else { throw ScenarioFailure("norn site init: \(made.errors)") }
            if let settings { try Data(settings.utf8).write(to: home.appending(path: "site.yaml")) }
        }
        let listener = try await eventually("the listener of \(name)", seconds: listenSecondsMaximum) {
            () async throws -> Listener? in
            let status = try await site.call(.GET, "/api/site").object["federation"] as? [String: Any] ?? [:]
            guard let port = status["port"] as? Int, let pin = status["pin"] as? String else { return nil }
            return Listener(port: port, pin: pin)
        }
        // Peers know this port: a restart has to come back to it.
        site.replaceArguments(flags + ["--federation-port", "\(listener.port)"])
        return Member(name: name, parties: parties, site: site, pin: listener.pin, port: listener.port)
    }

    subscript(name: String) -> Member {
        get throws {
            guard let member = members.first(where: { $0.name == name }) else { throw ScenarioFailure("no \(name)") }
            return member
        }
    }

    func end() async {
        for member in members { await member.site.end() }
    }
}

extension SitesUnderTest.Member {
    /// Trusts another site for its parties, or for other ones.
    func trust(_ other: Self, parties: [String]? = nil) async throws {
        let made = try await Program.run(
            StagedTree.norn,
            [
                "site", "trust", other.name, "--home", site.home.path, "--pin", other.pin,
                "--parties", (parties ?? other.parties).joined(separator: ","), "--address", other.address,
            ])
        guard made.status == 0 else { throw ScenarioFailure("norn site trust: \(made.errors)") }
    }

    /// Cuts another site.
    func cut(_ other: Self) async throws {
        let made = try await Program.run(
            StagedTree.norn, ["site", "trust", other.name, "--home", site.home.path, "--remove"])
        guard made.status == 0 else { throw ScenarioFailure("norn site trust --remove: \(made.errors)") }
    }

    /// Lets the jobs of a partner read a table here.
    func grant(_ table: String, to partner: String) async throws {
        let made = try await site.norn("data", "grant", "-n", table, "-s", "example", "--to", partner)
        guard made.status == 0 else { throw ScenarioFailure("norn data grant: \(made.errors)") }
    }

    /// Waits until a refusal of this kind is recorded here, and gives its text.
    func refusal(_ kind: String) async throws -> [String: Any] {
        try await eventually("a recorded \(kind)", seconds: SitesUnderTest.listenSecondsMaximum) {
            try await site.call(.GET, "/api/security").list.first { $0["kind"] as? String == kind }
        }
    }
}
