import Foundation
import Logging
import NornSite
import ServiceLifecycle
import UnixSignals

/// A whole site as one process: opens it, serves, drains on SIGTERM or SIGINT.
public struct SiteRunner: Sendable {
    /// After this, a drain that hangs is cut.
    static let drainSeconds: Int64 = 50

    let home: SiteHome
    let tree: InstalledTree
    let settings: SiteSettings

    public init(home: SiteHome, tree: InstalledTree, settings: SiteSettings) {
        self.home = home
        self.tree = tree
        self.settings = settings
    }

    public func run() async throws {
        try home.prepare()
        let logger = try makeLogger()
        let scheduler = try await Scheduler.open(home: home, tree: tree, settings: settings, logger: logger)
        logger.info(
            "site opened",
            metadata: [
                "home": "\(home.root.path)", "parties": "\(settings.parties.joined(separator: ","))",
                "components": "\(scheduler.site.components().count)",
                "engines": "\(scheduler.site.engines().map(\.name))", "scheduler": "\(scheduler.role.rawValue)",
            ])
        var configuration = ServiceGroupConfiguration(
            services: [scheduler, APIServer(scheduler: scheduler, logger: logger)],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(Self.drainSeconds)
        try await ServiceGroup(configuration: configuration).run()
        logger.info("site closed")
    }

    private func makeLogger() throws -> Logger {
        let file = try RotatingLog(
            home.log.appending(path: "server.log"), megabytes: settings.logs.serverMegabytes,
            filesKept: settings.logs.files)
        var logger = Logger(label: "norn") { label in SiteLogHandler(label: label, file: file) }
        logger.logLevel = Logger.Level(rawValue: settings.logs.level) ?? .info
        return logger
    }
}
