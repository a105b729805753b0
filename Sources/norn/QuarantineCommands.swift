import ArgumentParser
import Foundation
import NIOHTTP1
import NornSite

struct QuarantineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "Plugins that crashed too often, and may not be used for a while.",
        subcommands: [QuarantineList.self, QuarantineLift.self])
}

struct QuarantineList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List plugins in quarantine.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        try await carryOut(json: options.json) {
            let entries = try await options.client().get([QuarantineView].self, SiteClient.path("quarantine"))
            if options.json { return try Printing.json(entries) }
            Printing.table(
                ["DIGEST", "PLUGIN", "COMPONENTS", "UNTIL", "REASON"],
                entries.map {
                    [
                        String($0.digest.prefix(12)), "\($0.plugin) \($0.version)",
                        $0.components.joined(separator: ","),
                        Printing.time($0.until), $0.reason,
                    ]
                })
        }
    }
}

struct QuarantineLift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lift", abstract: "Let a plugin be used again before its time.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The plugin's digest, or its beginning.") var digest: String

    func run() async throws {
        try await carryOut(json: options.json) {
            let lifted = try await options.client().call(
                QuarantineView.self, .DELETE, SiteClient.path("quarantine", digest))
            if options.json { return try Printing.json(lifted) }
            print("\(lifted.plugin) \(lifted.version) may be used again")
        }
    }
}
