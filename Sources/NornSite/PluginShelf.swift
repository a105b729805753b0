import Foundation
import Logging
import NornManifest
import NornRegistry
import NornWorkers

/// The plugins that this site may run: what they declare, and where their libraries are.
struct PluginShelf: Sendable {
    struct Engine: Sendable {
        var declaration: EngineDeclaration
        var pluginID: String
        var pluginVersion: String
    }

    struct Plugin: Codable, Hashable, Sendable {
        var id: String
        var version: String
        /// SHA-256 of the library, 64 hexadecimal digits.
        var digest: String

        var name: String { "\(id)@\(version)" }
    }

    var plugins: [Plugin] = []
    var catalogue = Catalogue(entries: [])
    var engines: [String: Engine] = [:]
    /// By the library's digest, 64 hexadecimal digits.
    var libraries: [String: PluginLibrary] = [:]
    /// Digest of the library of each engine.
    var engineDigests: [String: String] = [:]
    /// Why a plugin is not there.
    var warnings: [String] = []

    func library(of entry: CatalogueEntry) -> PluginLibrary? { libraries[entry.pluginDigest] }

    func library(ofEngine name: String) -> PluginLibrary? { engineDigests[name].flatMap { libraries[$0] } }

    /// Admits the plugins of the installed tree, and those that were put into the home's own folder.
    static func fill(
        home: SiteHome, tree: InstalledTree, workers: Workers, trust: SiteSettings.Trust, logger: Logger
    ) async throws -> PluginShelf {
        do throws(AdmissionError) {
            let store = try PluginStore(root: home.plugins.path)
            let registry = PluginRegistry(
                store: store, prober: ThrowAwayProber(workers: workers), rules: AdmissionRules(trust, tree: tree))
            let report = await registry.scan([tree.plugins.path, home.addedPlugins.path])
            // Without what it has installed the site would refuse its partners' jobs for as long as it runs.
            if let unwritable = report.refused.first(where: { $0.code == .unwritable }) { throw unwritable }
            var shelf = PluginShelf(await registry.registry)
            for refusal in report.refused {
                logger.error("a plugin was refused", metadata: ["why": "\(refusal)"])
                shelf.warnings.append("plugin refused (\(refusal.code.rawValue)): \(refusal)")
            }
            return shelf
        } catch {
            throw SiteError("plugins_not_read", error.message, field: error.path, hint: error.remedy)
        }
    }

    private init(_ registry: Registry) {
        catalogue = registry.catalogue
        for plugin in registry.plugins {
            libraries[plugin.library.sha256] = PluginLibrary(plugin.library)
            plugins.append(
                Plugin(
                    id: plugin.manifest.plugin.id, version: plugin.manifest.plugin.version,
                    digest: plugin.library.sha256))
            for engine in plugin.manifest.engines {
                engines[engine.name] = Engine(
                    declaration: engine, pluginID: plugin.manifest.plugin.id,
                    pluginVersion: plugin.manifest.plugin.version)
                engineDigests[engine.name] = plugin.library.sha256
            }
        }
    }

    init() {}
}

extension PluginShelf.Plugin {
    /// The plugin that offers a component.
    init(_ entry: CatalogueEntry) {
        self.init(id: entry.pluginID, version: entry.pluginVersion, digest: entry.pluginDigest)
    }
}

extension AdmissionRules {
    /// What the settings ask of plugins.
    init(_ trust: SiteSettings.Trust, tree: InstalledTree) {
        self.init()
        self.trust = PluginTrust(
            policy: PluginTrust.Policy(rawValue: trust.plugins) ?? .signed, pins: Set(trust.pins),
            publishers: Set(trust.publishers), installation: [tree.plugins.resolvingSymlinksInPath().path])
    }
}

/// Asks a plugin what it is, in a worker that is thrown away.
struct ThrowAwayProber: PluginProber {
    let workers: Workers

    func describe(_ library: StoredLibrary) async throws -> [UInt8] {
        try await workers.describe(PluginLibrary(library))
    }
}

extension PluginLibrary {
    init(_ library: StoredLibrary) {
        let digits = Array(library.sha256)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        self.init(
            path: library.path, digest: bytes,
            identity: FileIdentity(
                device: Int(library.identity.device), inode: Int(library.identity.inode),
                byteCount: library.identity.bytes, modifiedNanoseconds: Int(library.identity.changedNanoseconds)))
    }
}
