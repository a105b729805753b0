import NornManifest
import NornRegistry
import NornStore

/// A plugin as people see it.
public struct PluginView: Codable, Equatable, Sendable {
    public var plugin: String
    public var version: String
    public var vendor: String
    public var summary: String
    /// SHA-256, 64 hexadecimal digits.
    public var digest: String
    /// Who signed it: `ed25519:…`.
    public var publisher: String?
    public var enabled: Bool
    /// Whether it came with Norn.
    public var builtIn: Bool
    public var components: [String]
    public var engines: [String]
    public var warnings: [String]

    init(_ plugin: AdmittedPlugin, isEnabled: Bool, isBuiltIn: Bool) {
        let manifest = plugin.manifest
        self.plugin = manifest.plugin.id
        version = manifest.plugin.version
        vendor = manifest.plugin.vendor
        summary = manifest.plugin.summary
        digest = plugin.library.sha256
        publisher = plugin.publisher?.description
        enabled = isEnabled
        builtIn = isBuiltIn
        components = manifest.components.map(\.name)
        engines = manifest.engines.map(\.name)
        warnings = plugin.warnings.map(\.description)
    }
}

/// What was done with a plugin, when and by whom.
public struct PluginChangeView: Codable, Equatable, Sendable {
    public var time: Int64
    /// `install`, `remove`, `disable`, `enable` or `refuse`.
    public var action: String
    public var plugin: String
    public var version: String
    public var digest: String
    public var caller: String
    public var detail: String

    init(_ change: PluginChange) {
        time = change.time
        action = change.action.rawValue
        plugin = change.plugin
        version = change.version
        digest = change.digest
        caller = change.caller
        detail = change.detail
    }
}
