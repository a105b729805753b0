import ArgumentParser
import Foundation
import NIOHTTP1
import NornManifest
import NornSite

struct SiteBackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Make a backup of the site, also while it serves.",
        discussion: """
            A new folder with the store as it is at one instant, the tables and models that it points to, added \
            plugins and settings; logs and work in progress are not in it. Tables and models on the same disk are hard \
            links, which take no room. Keys are left out unless --keys names a file for them.
            """)

    /// A copy of many tables takes long.
    static let secondsMaximum: Int64 = 86_400

    @OptionGroup var options: ServerOptions
    @Argument(help: "The folder to make.") var folder: String
    @Option(help: "An earlier backup: what it has of tables and models is linked, not copied again.") var base: String?
    @Option(help: "A file for the keys and the trusted peers; whoever has it can be the site.") var keys: String?

    func run() async throws {
        try await carryOut(json: options.json) {
            let view = try await make()
            if options.json { return try Printing.json(view) }
            print("backup      \(view.folder), as of \(Printing.time(view.made))")
            print(
                "files       \(view.files), \(view.bytes >> 20) MiB, of which \(view.linkedBytes >> 20) MiB are linked")
            if let keys = view.keys { print("keys        \(keys): keep it apart, and secret") }
        }
    }

    /// By the server where one runs, else from the home itself.
    private func make() async throws -> BackupView {
        let isNamed = options.server != nil || ProcessInfo.processInfo.environment["NORN_SERVER"] != nil
        guard isNamed || Self.isServing(options.siteHome) else {
            return try await SiteBackup.make(
                home: options.siteHome,
                request: BackupRequest(folder: Self.url(folder), base: base.map(Self.url), keys: keys.map(Self.url)))
        }
        var body = JSONObject()
        body["folder"] = .string(Self.url(folder).path)
        if let base { body["base"] = .string(Self.url(base).path) }
        if let keys { body["keys"] = .string(Self.url(keys).path) }
        return try await options.client().call(
            BackupView.self, .POST, SiteClient.path("site", "backups"), body: .object(body),
            seconds: Self.secondsMaximum)
    }

    private static func isServing(_ home: SiteHome) -> Bool {
        guard let file = SiteFile.read(home) else { return false }
        return kill(file.pid, 0) == 0
    }

    static func url(_ path: String) -> URL { URL(filePath: path).standardizedFileURL }
}

struct SiteRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a home from a backup.",
        discussion: """
            The home must be empty or absent. Every file is checked against the backup's list. Where the settings name \
            a PostgreSQL database, the rows go there: it must be empty, or of the same site, whose rows of now are then \
            gone. Jobs that lived at the time of the backup end with that reason at the first start, here and at \
            partners.
            """)

    @Option(help: "The home to make.") var home: String?
    @Argument(help: "The backup.") var folder: String
    @Option(help: "The file with the keys, as norn site backup --keys wrote it.") var keys: String?
    @Option(help: "A settings file in place of the backup's, for another store.url, say.") var settings: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await carryOut(json: json) {
            let home = home.map { SiteHome(root: URL(filePath: $0)) } ?? .standard()
            let view = try await SiteRestore(
                folder: SiteBackupCommand.url(folder), home: home, keys: keys.map(SiteBackupCommand.url),
                settings: settings.map(SiteBackupCommand.url)
            ).run()
            if json { return try Printing.json(view) }
            print("home        \(view.home), as of \(Printing.time(view.made))")
            print("files       \(view.files), \(view.bytes >> 20) MiB, all as they were written")
            if !view.hasKeys { print("keys        none: norn site init makes new ones, which peers have to pin") }
            print("Start it: norn serve --home \(view.home)")
        }
    }
}
