import Foundation
import Logging
import NornManifest
import NornRegistry
import NornStore
import NornWorkers

extension PluginService {
    /// Admits the plugins of the installed tree, and those that were added at this site.
    static func open(
        home: SiteHome, tree: InstalledTree, workers: Workers, store: any Store, trust: SiteSettings.Trust,
        logger: Logger
    ) async throws -> PluginService {
        sweep(home)
        let copies: PluginStore
        do throws(AdmissionError) {
            copies = try PluginStore(root: home.plugins.path)
        } catch {
            throw notRead(error)
        }
        let registry = PluginRegistry(
            store: copies, prober: ThrowAwayProber(workers: workers), rules: AdmissionRules(trust, tree: tree))
        let report = await registry.scan([tree.plugins.path, home.addedPlugins.path])
        await registry.removeUnusedCopies()
        // Without what it has installed the site would refuse its partners' jobs for as long as it runs.
        if let unwritable = report.refused.first(where: { $0.code == .unwritable }) { throw notRead(unwritable) }
        for refusal in report.refused { logger.error("a plugin was refused", metadata: ["why": "\(refusal)"]) }
        let shelf = PluginShelf()
        shelf.warn(report.refused.map { "plugin refused (\($0.code.rawValue)): \($0)" })
        let service = PluginService(shelf: shelf, registry: registry, store: store, home: home, logger: logger)
        try await service.publish()
        return service
    }

    private static func notRead(_ error: AdmissionError) -> SiteError {
        SiteError("plugins_not_read", error.message, field: error.path, hint: error.remedy)
    }

    /// An unfinished installation or removal of this age belongs to a process that died.
    static let temporarySecondsMaximum = 3600.0

    private static func sweep(_ home: SiteHome) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: home.addedPlugins.path)) ?? []
        for name in names where name.hasPrefix(temporaryPrefix) {
            let folder = home.addedPlugins.appending(path: name)
            let changed = try? folder.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
            guard let changed, -changed.timeIntervalSinceNow > temporarySecondsMaximum else { continue }
            try? FileManager.default.removeItem(at: folder)
        }
    }

    /// Catches up with what another scheduler of this home did while this one stood by.
    func readAgain() async throws {
        for plugin in await registry.registry.plugins
        where isAdded(plugin) && !FileManager.default.fileExists(atPath: plugin.source) {
            _ = await registry.withdraw(id: plugin.manifest.plugin.id, version: plugin.manifest.plugin.version)
        }
        let report = await registry.scan([addedFolder])
        for refusal in report.refused { logger.error("a plugin was refused", metadata: ["why": "\(refusal)"]) }
        try await publish()
    }
}
