/// Something that was done with a plugin of the site.
public struct PluginChange: Codable, Equatable, Sendable {
    public enum Action: String, Codable, Sendable {
        case install, remove, disable, enable
        /// It was to be installed, and was not.
        case refuse
    }

    /// Rows that a store keeps; the oldest go first.
    static let rowsKept = 10_000

    /// Wall milliseconds since 1970.
    public var time: Int64
    public var action: Action
    /// The plugin's id; the name of the file where it could not be read.
    public var plugin: String
    public var version: String
    /// The plugin's digest, 64 hexadecimal digits; empty for one that was refused.
    public var digest: String
    /// The submitter who did it, or `drop folder`.
    public var caller: String
    /// Where it came from, or why it was refused.
    public var detail: String

    public init(
        time: Int64, action: Action, plugin: String, version: String, digest: String, caller: String, detail: String
    ) {
        self.time = time
        self.action = action
        self.plugin = plugin
        self.version = version
        self.digest = digest
        self.caller = caller
        self.detail = detail
    }
}
