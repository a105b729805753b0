import ArgumentParser
import Foundation
import Logging
import NornLinux
import NornServer
import NornSite

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run a site.",
        discussion: """
            Without flags and files it serves any party on 127.0.0.1:9380, with its home under the user's data folder. \
            Settings come from <home>/site.yaml; flags win over the file.
            """)

    @Option(help: "Folder of the site's data; NORN_HOME or ~/.local/share/norn unless said.")
    var home: String?

    @Option(help: "Address to listen on for clients.")
    var host: String?

    @Option(help: "Port for clients; 0 takes a free one.")
    var port: Int?

    @Option(help: "Port for other sites; 0 takes a free one.")
    var federationPort: Int?

    @Option(help: "Address to listen on for other sites.")
    var federationHost: String?

    @Option(help: "Party ids that the site serves, such as 9999,10000, or any.")
    var parties: String?

    @Option(help: "File of settings instead of <home>/site.yaml.")
    var settings: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Flag(help: "For authors of components: a worker that crashes prints where it was.")
    var backtrace = false

    @Flag(help: ArgumentHelp("Drain when standard input closes.", visibility: .hidden))
    var whileInputIsOpen = false

    func run() async throws {
        norn_linux_return_freed_memory()
        if whileInputIsOpen { drainWhenInputCloses() }
        try await carryOut {
            let home = home.map { SiteHome(root: URL(filePath: $0)) } ?? .standard()
            let settings = try merged(home)
            try settings.checkListener()
            let runner = SiteRunner(home: home, tree: .current(), settings: settings)
            try await runner.run()
        }
    }

    /// The process that started this one holds the other end: when it dies, so does the site.
    private func drainWhenInputCloses() {
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(STDIN_FILENO, &byte, 1) > 0 {}
            kill(getpid(), SIGTERM)
        }
    }

    private func merged(_ home: SiteHome) throws -> SiteSettings {
        if let file = settings, !FileManager.default.fileExists(atPath: file) {
            throw SiteError("file_not_read", "There is no settings file \(file)", field: "--settings")
        }
        var merged = try SiteSettings.read(settings.map { URL(filePath: $0) } ?? home.settings)
        if let host { merged.http.host = host }
        if let port { merged.http.port = port }
        if let federationPort { merged.federation.port = federationPort }
        if let federationHost { merged.federation.host = federationHost }
        if let parties { merged.parties = parties.split(separator: ",").map(String.init) }
        if backtrace { merged.sandbox.backtrace = true }
        if let logLevel { merged.logs.level = logLevel }
        try merged.check()
        return merged
    }
}
