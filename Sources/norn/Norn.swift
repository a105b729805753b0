import ArgumentParser
import Foundation
import NornSite

/// The command. `norn serve` is a site; every other word is a client of a site's HTTP API.
@main
struct Norn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "norn",
        abstract: "Federated learning: several parties train models together and show each other no data.",
        discussion: """
            Exit codes: 0 done; 1 the job ended without success; 2 the job was stopped; 3 the site refused the request; \
            4 there is no such thing; 5 not allowed; 64 wrong usage; 69 no server answers; 70 something broke.
            """,
        version: SiteVersion.text,
        subcommands: [
            ServeCommand.self, SiteCommand.self, DataCommand.self, JobCommand.self, ModelCommand.self,
            ComponentCommand.self,
            EngineCommand.self, TokenCommand.self, KeyCommand.self, AuditCommand.self, DemoCommand.self,
            DoctorCommand.self, SimulateCommand.self, VersionCommand.self,
        ])
}
