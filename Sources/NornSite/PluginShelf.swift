import Foundation
import NornManifest
import NornRegistry
import NornWorkers
import Synchronization

/// The plugins that this site may run: what they declare, and where their libraries are. They may change while the site
/// serves; who asks gets what is there now.
final class PluginShelf: Sendable {
    struct Engine: Sendable {
        var declaration: EngineDeclaration
        var pluginID: String
        var pluginVersion: String
    }

    struct Plugin: Codable, Hashable, Sendable {
        var id: String
        var version: String
        /// SHA-256, 64 hexadecimal digits, as `PluginPayload.digest` has it.
        var digest: String

        var name: String { "\(id)@\(version)" }
    }

    /// What stands on the shelf at one time.
    struct Contents: Sendable {
        /// All that are admitted, those that are disabled too.
        var plugins: [Plugin] = []
        var catalogue = Catalogue(entries: [])
        var engines: [String: Engine] = [:]
        /// By the plugin's digest, 64 hexadecimal digits.
        var libraries: [String: PluginLibrary] = [:]
        /// Digest of the plugin of each engine.
        var engineDigests: [String: String] = [:]
    }

    private struct State: Sendable {
        var contents = Contents()
        var warnings: [String] = []
    }

    private let state: Mutex<State>

    init(_ contents: Contents = Contents(), warnings: [String] = []) {
        state = Mutex(State(contents: contents, warnings: warnings))
    }

    var contents: Contents { state.withLock { $0.contents } }
    var plugins: [Plugin] { state.withLock { $0.contents.plugins } }
    var catalogue: Catalogue { state.withLock { $0.contents.catalogue } }
    var engines: [String: Engine] { state.withLock { $0.contents.engines } }
    /// Why a plugin is not there.
    var warnings: [String] { state.withLock { $0.warnings } }

    func library(of entry: CatalogueEntry) -> PluginLibrary? {
        state.withLock { $0.contents.libraries[entry.pluginDigest] }
    }

    func library(ofEngine name: String) -> PluginLibrary? {
        state.withLock { state in
            state.contents.engineDigests[name].flatMap { state.contents.libraries[$0] }
        }
    }

    /// Puts other plugins there, in one step.
    func replace(with contents: Contents) { state.withLock { $0.contents = contents } }

    func warn(_ warnings: [String]) { state.withLock { $0.warnings = warnings } }
}

extension PluginShelf.Contents {
    /// - Parameter disabled: `id@version` of plugins that are admitted but that no job may use.
    init(_ registry: Registry, disabled: Set<String> = []) {
        plugins = registry.plugins.map(PluginShelf.Plugin.init)
        let enabled = registry.plugins.filter { !disabled.contains($0.name) }
        catalogue = registry.catalogue(of: enabled) { "its plugin \($0.name) is disabled at this site" }
        for plugin in enabled {
            libraries[plugin.library.sha256] = PluginLibrary(plugin.library, of: plugin.manifest)
            for engine in plugin.manifest.engines {
                engines[engine.name] = PluginShelf.Engine(
                    declaration: engine, pluginID: plugin.manifest.plugin.id,
                    pluginVersion: plugin.manifest.plugin.version)
                engineDigests[engine.name] = plugin.library.sha256
            }
        }
    }
}

extension PluginShelf.Plugin {
    init(_ plugin: AdmittedPlugin) {
        self.init(
            id: plugin.manifest.plugin.id, version: plugin.manifest.plugin.version, digest: plugin.library.sha256)
    }

    /// The plugin that offers a component.
    init(_ entry: CatalogueEntry) {
        self.init(id: entry.pluginID, version: entry.pluginVersion, digest: entry.pluginDigest)
    }
}

extension AdmissionRules {
    /// What the settings ask of plugins.
    init(_ trust: SiteSettings.Trust, tree: InstalledTree) {
        let trust = PluginTrust(
            policy: PluginTrust.Policy(rawValue: trust.plugins) ?? .signed, pins: Set(trust.pins),
            publishers: Set(trust.publishers.compactMap(PublisherKey.init)),
            installation: [tree.plugins.resolvingSymlinksInPath().path])
        self.init(bridges: tree.bridges, trust: trust)
    }
}

/// Asks a plugin what it is, in a worker that is thrown away.
struct ThrowAwayProber: PluginProber {
    let workers: Workers

    func describe(_ library: StoredLibrary, _ manifest: Manifest) async throws -> [UInt8] {
        try await workers.describe(PluginLibrary(library, of: manifest))
    }
}

extension PluginLibrary {
    init(_ library: StoredLibrary, of manifest: Manifest) {
        let digits = Array(library.sha256)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        self.init(
            path: library.path, digest: bytes,
            identity: FileIdentity(
                device: Int(library.identity.device), inode: Int(library.identity.inode),
                byteCount: library.identity.bytes, modifiedNanoseconds: Int(library.identity.changedNanoseconds)),
            readable: manifest.python?.environment.map(PythonEnvironment.folders(of:)) ?? [])
    }
}
