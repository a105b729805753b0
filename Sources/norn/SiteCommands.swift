import ArgumentParser
import Foundation
import NornFederation
import NornManifest
import NornSite

struct SiteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "site", abstract: "Keys, peers, state and backups of a site.",
        subcommands: [
            SiteInit.self, SiteTrust.self, SiteStatusCommand.self, SiteBackupCommand.self, SiteRestoreCommand.self,
        ])
}

struct SiteInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make this site's key and certificate, so that other sites can reach it.",
        discussion: "Works on the home itself, with or without a running server. Prints the pin that peers trust.")

    @Option(help: "Home of the site.") var home: String?
    @Option(help: "Name of the site in its certificate.") var name = "norn"
    @Option(help: "Names or addresses by which peers reach it, with commas.") var hosts = "localhost,127.0.0.1"
    @Flag(help: "Make a new certificate of the same key.") var renew = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await carryOut(json: json) {
            let home = home.map { SiteHome(root: URL(filePath: $0)) } ?? .standard()
            try home.prepare()
            let identity = try SiteKeys.initialize(
                home: home, name: name, hosts: hosts.split(separator: ",").map(String.init), renew: renew)
            if json {
                return try Printing.json(identity)
            }
            print("pin          \(identity.pin)")
            print("certificate  \(identity.certificate), ends \(Printing.time(identity.ends))")
            print(
                "Give the pin to your peers: norn site trust NAME --pin PIN --parties IDS --address https://HOST:9381")
        }
    }
}

struct SiteTrust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust", abstract: "Trust another site for its party ids, or cut it.",
        discussion: """
            A known name gets the pin as its second one, so that a key can be renewed. Trust grants no table: see \
            norn data grant. Works on the home itself; a running server sees it at once.
            """)

    @Option(help: "Home of the site.") var home: String?
    @Argument(help: "The name that the peer has here.") var name: String
    @Option(help: "The peer's pin: sha256:…") var pin: String?
    @Option(help: "Party ids that the peer may speak for, with commas.") var parties: String?
    @Option(help: "Where it is: https://host:9381; without one it only calls us.") var address: String?
    @Flag(help: "Cut the peer at once; with --pin only that key.") var remove = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await carryOut(json: json) {
            let home = home.map { SiteHome(root: URL(filePath: $0)) } ?? .standard()
            if remove {
                try SiteKeys.distrust(home: home, name: name, pin: pin)
                return json ? try Printing.json(["done": true]) : print("\(name) is not trusted any more")
            }
            guard let pin else {
                throw SiteError.invalid(
                    "A peer is known by its pin", field: "--pin", hint: "norn site init prints it there")
            }
            guard let parties else {
                throw SiteError.invalid("A peer speaks for its party ids", field: "--parties")
            }
            let peer = try SiteKeys.trust(
                home: home, name: name, pin: pin, parties: parties.split(separator: ",").map(String.init),
                address: address)
            if json { return try Printing.json(peer) }
            print("\(peer.name) is trusted for \(peer.parties.joined(separator: ", "))")
        }
    }
}

struct SiteStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Show a running site.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        try await carryOut(json: options.json) {
            let status = try await options.client().get(SiteStatus.self, SiteClient.path("site"))
            if options.json { return try Printing.json(status) }
            let resources = status.resources
            print("version     \(status.version)")
            print("home        \(status.home)")
            print("parties     \(status.parties.joined(separator: ", "))")
            print("started     \(status.epoch) times\(status.draining ? ", draining" : "")")
            print(
                "jobs        \(status.jobs.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))"
            )
            if status.approvals > 0 {
                print("approvals   \(status.approvals) wait for a person: norn job approve")
            }
            print("cores       \(resources.coresHeld) of \(resources.cores) held")
            print("memory      \(resources.memoryBytesHeld >> 20) of \(resources.memoryBytes >> 20) MiB held")
            print("engines     \(status.engines.joined(separator: ", "))")
            print("components  \(status.components)")
            let federation = status.federation
            print(
                "federation  \(federation.listening ? "port \(federation.port ?? 0), pin \(federation.pin ?? "")" : "off")"
            )
            print("protocols   \(federation.protocolVersions.map(String.init).joined(separator: ", "))")
            for peer in status.peers {
                let spoken = peer.protocolVersion.map { ", protocol \($0)" } ?? ", not met yet"
                print(
                    "peer        \(peer.name): \(peer.parties.joined(separator: ", ")) at \(peer.address ?? "nowhere")"
                        + spoken)
            }
            for warning in status.warnings { print("warning     \(warning)") }
        }
    }
}
