import Foundation
import Logging
import NornManifest
import NornRegistry
import NornStore

/// The site's plugins: what is admitted, and their installation, removal and switching off while the site serves. What
/// runs keeps the copy that it began with; what begins later gets what is there then.
public actor PluginService {
    static let disabledPrefix = "plugin-disabled/"
    static let temporaryPrefix = ".installing-"
    public static let historyMaximum = 1000

    let shelf: PluginShelf
    let registry: PluginRegistry
    let store: any Store
    let home: SiteHome
    let logger: Logger
    /// Told after every change.
    private var changed: @Sendable () -> Void = {}

    init(shelf: PluginShelf, registry: PluginRegistry, store: any Store, home: SiteHome, logger: Logger) {
        self.shelf = shelf
        self.registry = registry
        self.store = store
        self.home = home
        self.logger = logger
    }

    func onChange(_ changed: @escaping @Sendable () -> Void) { self.changed = changed }

    // MARK: What is there

    public func list() async throws -> [PluginView] {
        let disabled = try await disabledNames()
        return await registry.registry.plugins.map { view($0, isEnabled: !disabled.contains($0.name)) }
    }

    /// Newest first.
    public func history(plugin: String?, limit: Int) async throws -> [PluginChangeView] {
        try await store.pluginChanges(plugin: plugin, limit: limit).map(PluginChangeView.init)
    }

    /// An admitted plugin as a file that another site can install; the newest version unless one is named.
    public func bundle(id: String, version: String?) async throws -> PluginBundle {
        let newest = await newest(id)
        let plugin = try await find(id, version ?? newest)
        do {
            if isAdded(plugin), FileManager.default.fileExists(atPath: plugin.source + "/digests") {
                return try PluginBundle(unpackedIn: plugin.source)
            }
            return try PluginBundle(packing: plugin.source, key: nil)
        } catch {
            throw SiteError("plugin_not_packed", "\(plugin.name) cannot be packed: \(error)")
        }
    }

    private func newest(_ id: String) async -> String? {
        await registry.registry.plugins.last { $0.manifest.plugin.id == id }?.manifest.plugin.version
    }

    /// One that is admitted; without a version the only one.
    func find(_ id: String, _ version: String?) async throws -> AdmittedPlugin {
        let found = await registry.registry.plugins.filter {
            $0.manifest.plugin.id == id && (version == nil || $0.manifest.plugin.version == version)
        }
        guard let plugin = found.first else {
            throw SiteError(
                "plugin_not_found", "There is no plugin \(id)\(version.map { "@\($0)" } ?? "")",
                hint: "norn component list --plugins shows them")
        }
        guard found.count == 1 else {
            let versions = found.map(\.manifest.plugin.version).joined(separator: ", ")
            throw SiteError.invalid("\(id) is there in several versions: \(versions)", field: "version")
        }
        return plugin
    }

    /// Whether it was installed at this site, not with Norn.
    nonisolated func isAdded(_ plugin: AdmittedPlugin) -> Bool { plugin.source.hasPrefix(addedFolder + "/") }

    /// Without symbolic links, as sources are named.
    nonisolated var addedFolder: String { home.addedPlugins.resolvingSymlinksInPath().path }

    private func view(_ plugin: AdmittedPlugin, isEnabled: Bool) -> PluginView {
        PluginView(plugin, isEnabled: isEnabled, isBuiltIn: !isAdded(plugin))
    }

    // MARK: Switching

    public func setEnabled(
        _ isEnabled: Bool, id: String, version: String?, by caller: Caller
    ) async throws -> PluginView {
        let plugin = try await find(id, version)
        let key = Self.disabledPrefix + plugin.name
        guard try await (store.value(key) == nil) != isEnabled else { return view(plugin, isEnabled: isEnabled) }
        if isEnabled { try await store.removeValue(key) } else { try await store.setValue(key, caller.submitter) }
        try await publish()
        try await remember(isEnabled ? .enable : .disable, plugin, caller.submitter, detail: "")
        return view(plugin, isEnabled: isEnabled)
    }

    private func disabledNames() async throws -> Set<String> {
        var names: Set<String> = []
        for plugin in await registry.registry.plugins
        where try await store.value(Self.disabledPrefix + plugin.name) != nil { names.insert(plugin.name) }
        return names
    }

    /// Puts what is admitted and not switched off on the shelf.
    func publish() async throws {
        let disabled = try await disabledNames()
        shelf.replace(with: PluginShelf.Contents(await registry.registry, disabled: disabled))
        changed()
    }

    // MARK: Removal

    /// Takes a plugin away: nothing new begins with it, and what runs goes on from its copy in the store.
    public func remove(id: String, version: String?, by caller: Caller) async throws {
        let plugin = try await find(id, version)
        guard isAdded(plugin) else {
            throw SiteError(
                "plugin_built_in", "\(plugin.name) came with Norn", hint: "norn component disable \(id) switches it off"
            )
        }
        let gone = home.addedPlugins.appending(path: Self.temporaryPrefix + FreshID.hexadecimal(bytes: 8))
        do {
            try FileManager.default.moveItem(at: URL(filePath: plugin.source), to: gone)
        } catch {
            throw SiteError(
                "file_not_written", "\(plugin.source) cannot be removed", hint: "Check the owner of the site's home")
        }
        try? FileManager.default.removeItem(at: gone)
        _ = await registry.withdraw(id: id, version: plugin.manifest.plugin.version)
        try await store.removeValue(Self.disabledPrefix + plugin.name)
        try await publish()
        try await remember(.remove, plugin, caller.submitter, detail: "")
    }

    // MARK: Installation

    /// Installs a bundle; one that is there already, file by file, is left as it is.
    /// - Parameter source: where it came from, for the history.
    public func install(_ bytes: [UInt8], from source: String, by caller: Caller) async throws -> PluginView {
        do {
            return try await take(bytes, from: source, by: caller.submitter)
        } catch let error as SiteError {
            await rememberRefusal(error, bytes, source, caller.submitter)
            throw error
        }
    }

    private func take(_ bytes: [UInt8], from source: String, by caller: String) async throws -> PluginView {
        let bundle = try Self.read(bytes)
        let (id, version) = (bundle.manifest.plugin.id, bundle.manifest.plugin.version)
        if let present = try? await find(id, version) {
            guard isAdded(present), (try? PluginBundle(unpackedIn: present.source))?.digest == bundle.digest else {
                throw SiteError(
                    "plugin_exists", "\(present.name) is installed already, with other files",
                    hint: "Give the new one another version, or remove the old one first")
            }
            return view(present, isEnabled: try await !disabledNames().contains(present.name))
        }
        let plugin = try await admit(bundle, name: "\(id)@\(version)")
        try await publish()
        try await remember(.install, plugin, caller, detail: source)
        return view(plugin, isEnabled: true)
    }

    static func read(_ bytes: [UInt8]) throws -> PluginBundle {
        do throws(BundleError) {
            return try PluginBundle(decoding: bytes)
        } catch {
            throw SiteError("bundle_not_valid", "\(error)", hint: error.remedy)
        }
    }

    /// A folder under its final name is whole and was admitted; a start that finds another one throws it away.
    private func admit(_ bundle: PluginBundle, name: String) async throws -> AdmittedPlugin {
        let root = URL(filePath: try prepareFolder())
        let temporary = root.appending(path: Self.temporaryPrefix + FreshID.hexadecimal(bytes: 8)).path
        let final = root.appending(path: name).path
        do throws(BundleError) {
            try bundle.unpack(into: temporary)
        } catch {
            throw SiteError("file_not_written", "\(error)", hint: "Check the disk of the home")
        }
        do throws(AdmissionError) {
            let plugin = try await registry.admit(temporary, as: final)
            guard rename(temporary, final) == 0 else {
                // Someone else may just have installed the same.
                if (try? PluginBundle(unpackedIn: final))?.digest == bundle.digest {
                    try? FileManager.default.removeItem(atPath: temporary)
                    return plugin
                }
                _ = await registry.withdraw(id: plugin.manifest.plugin.id, version: plugin.manifest.plugin.version)
                throw AdmissionError(
                    .unwritable, plugin: name, path: final, "the folder is taken", "Remove it, and install again.")
            }
            return plugin
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw SiteError("plugin_refused", "\(name) was refused: \(error.message)", hint: error.remedy)
        }
    }

    private func prepareFolder() throws -> String {
        try FileManager.default.createDirectory(
            at: home.addedPlugins, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return addedFolder
    }

    // MARK: History

    private func remember(
        _ action: PluginChange.Action, _ plugin: AdmittedPlugin, _ caller: String, detail: String
    ) async throws {
        logger.notice("a plugin changed", metadata: ["what": "\(action.rawValue)", "plugin": "\(plugin.name)"])
        try await note(
            PluginChange(
                time: Clocks.wallMilliseconds(), action: action, plugin: plugin.manifest.plugin.id,
                version: plugin.manifest.plugin.version, digest: plugin.library.sha256, caller: caller, detail: detail))
    }

    private func note(_ change: PluginChange) async throws { try await PluginAudit(store: store).note(change, shelf) }

    private func rememberRefusal(_ error: SiteError, _ bytes: [UInt8], _ source: String, _ caller: String) async {
        let plugin = (try? PluginBundle(decoding: bytes))?.manifest.plugin
        logger.warning("a bundle was refused", metadata: ["from": "\(source)", "why": "\(error)"])
        try? await note(
            PluginChange(
                time: Clocks.wallMilliseconds(), action: .refuse, plugin: plugin?.id ?? source,
                version: plugin?.version ?? "", digest: "", caller: caller, detail: error.description))
    }
}
