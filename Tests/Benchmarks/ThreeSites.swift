import Foundation
import NIOHTTP1

/// A guest's, a host's and an arbiter's site on loopback, each a process of its own, over mutual TLS.
struct ThreeSites {
    static let listenSecondsMaximum = 20.0

    private static let plan = [("guest", "9999"), ("host", "10000"), ("arbiter", "10001")]

    let sites: [SiteProcess]
    var guest: SiteProcess { sites[0] }

    init(stage: URL, settings: String = "") async throws {
        let norn = stage.appending(path: "bin/norn").path
        sites = try Self.plan.map { name, party in
            let arguments = ["--parties", party, "--federation-host", "127.0.0.1", "--federation-port", "0"]
            return try SiteProcess(stage: stage, arguments: arguments, settings: settings) { home in
                try Relay.add(to: home)
                try Program.run(
                    norn, ["site", "init", "--home", home.path, "--name", name, "--hosts", "127.0.0.1"])
            }
        }
        for (other, (name, party)) in zip(sites, Self.plan) {
            let (port, pin) = try await Self.listener(other)
            for (site, member) in zip(sites, Self.plan) where member.0 != name {
                let arguments = [
                    "site", "trust", name, "--home", site.home.path, "--pin", pin, "--parties", party,
                    "--address", "https://127.0.0.1:\(port)",
                ]
                try Program.run(norn, arguments)
            }
        }
    }

    private static func listener(_ site: SiteProcess) async throws -> (port: Int, pin: String) {
        let deadline = Date(timeIntervalSinceNow: listenSecondsMaximum)
        while Date() < deadline {
            let status = try await site.calls.object(.GET, "/api/site", nil)["federation"] as? [String: Any] ?? [:]
            if let port = status["port"] as? Int, let pin = status["pin"] as? String { return (port, pin) }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw BenchmarkFailure("a site does not listen for its peers")
    }

    /// The log of a job at all its parties.
    func log(of job: String, parties: Int) async throws -> [[String: Any]] {
        var lines: [[String: Any]] = []
        for site in sites.prefix(parties) { lines += try await site.calls.log(of: job) }
        return lines
    }

    func end() { for site in sites { site.end() } }
}
