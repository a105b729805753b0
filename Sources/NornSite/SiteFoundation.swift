import Foundation
import Logging
import NornFederation
import NornStore
import NornWorkers
import Synchronization

/// What a process has of its site whether it is the active scheduler or stands by.
final class SiteFoundation: Sendable {
    let home: SiteHome
    let tree: InstalledTree
    let settings: SiteSettings
    let logger: Logger
    let store: any Store
    let feed = EventFeed()
    let workers: Workers
    let plugins: PluginService
    let shelf: PluginShelf
    /// Unlike any other process's.
    let name = UUID().uuidString
    private let ownAddress = Mutex("")

    static func make(
        home: SiteHome, tree: InstalledTree, settings: SiteSettings, logger: Logger
    ) async throws -> SiteFoundation {
        try WorkersLock.prepare(home)
        let store = try await StoreOpening.open(home, settings, logger)
        let workers = Workers(
            executable: tree.worker.path, logger: logger, groups: settings.sandbox.cgroups ? groups(logger) : nil)
        let plugins = try await PluginService.open(
            home: home, tree: tree, workers: workers, store: store, trust: settings.trust, logger: logger)
        return SiteFoundation(home, tree, settings, logger, store, workers, plugins)
    }

    /// The workers' control groups; nil where the site may make none: norn doctor says why.
    private static func groups(_ logger: Logger) -> WorkerCgroups? {
        do throws(WorkerCgroups.Unavailable) {
            return try WorkerCgroups(folder: try WorkerCgroups.ownFolder())
        } catch {
            logger.info("workers get no control groups", metadata: ["why": "\(error.why)"])
            return nil
        }
    }

    private init(
        _ home: SiteHome, _ tree: InstalledTree, _ settings: SiteSettings, _ logger: Logger, _ store: any Store,
        _ workers: Workers, _ plugins: PluginService
    ) {
        self.home = home
        self.tree = tree
        self.settings = settings
        self.logger = logger
        self.store = store
        self.workers = workers
        self.plugins = plugins
        shelf = plugins.shelf
    }

    /// Where this process answers clients; empty until it listens.
    var address: String { ownAddress.withLock { $0 } }

    func listens(on port: Int) {
        let host = settings.http.host.contains(":") ? "[\(settings.http.host)]" : settings.http.host
        let shown = ["0.0.0.0", "::"].contains(settings.http.host) ? "127.0.0.1" : host
        ownAddress.withLock { $0 = "http://\(shown):\(port)" }
    }

    /// Ends this process at once. Its workers die with it: the kernel kills them, and their channels end.
    func end(because why: String) {
        let text = "this scheduler ends, with its workers: \(why)"
        logger.critical("\(text)")
        FileHandle.standardError.write(Data("norn: \(text)\n".utf8))
        _exit(SchedulerTurn.lostExitCode)
    }

    var notice: PeerNoticeSink {
        { [logger, store] notice in
            logger.warning(
                "\(notice.text)", metadata: ["kind": "\(notice.kind.rawValue)", "caller": "\(notice.caller)"])
            let record = SecurityRecord(
                time: Clocks.wallMilliseconds(), kind: notice.kind.rawValue, caller: notice.caller, text: notice.text)
            Task { try? await store.appendSecurity(record) }
        }
    }
}
