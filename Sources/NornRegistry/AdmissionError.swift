/// Why a plugin is refused. A refusal changes nothing: neither the store nor the registry.
public struct AdmissionError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The folder, the manifest or the library cannot be read.
        case unreadable
        /// The store cannot take its copy: a full disk, perhaps.
        case unwritable
        /// The manifest is wrong; `message` names the place.
        case manifest
        /// A path leaves the plugin's folder.
        case path
        /// The plugin has no library for this platform.
        case platform
        /// The plugin is in a language whose bridge is not here.
        case bridge
        /// The plugin speaks another generation, or only later or earlier levels, of the ABI.
        case level
        /// The library is not the one that the manifest means.
        case digest
        /// Its signature does not hold.
        case signature
        /// The site's policy does not take it: it is not pinned, or nobody known signed it.
        case untrusted
        /// The library is not built as a plugin must be.
        case library
        /// The plugin could not say what it is.
        case probe
        /// What the plugin says of itself is not what its manifest says.
        case description
        /// Another library has the same plugin id and version.
        case duplicate
        case limit
    }

    public let code: Code
    /// The plugin's id; empty while the manifest is not read.
    public let plugin: String
    /// The file or folder that is wrong.
    public let path: String
    /// What is wrong, as a sentence without its end.
    public let message: String
    /// What to do about it, as a sentence.
    public let remedy: String

    public init(_ code: Code, plugin: String = "", path: String, _ message: String, _ remedy: String) {
        self.code = code
        self.plugin = plugin
        self.path = path
        self.message = message
        self.remedy = remedy
    }

    public var description: String {
        "\(plugin.isEmpty ? path : "\(plugin) (\(path))"): \(message). \(remedy)"
    }
}
