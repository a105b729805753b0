import NornManifest

/// Plugins in quarantine, for the people of the site.
extension Site {
    public func quarantined() -> [QuarantineView] { quarantine.entries().map { QuarantineView($0, shelf) } }

    /// Lets a plugin be used again before its time.
    public func liftQuarantine(_ digest: String, _ caller: Caller) async throws -> QuarantineView {
        QuarantineView(try await quarantine.lift(digest, by: caller.submitter), shelf)
    }
}

/// A plugin that no job may use for a while.
public struct QuarantineView: Codable, Equatable, Sendable {
    public var plugin: String
    public var version: String
    public var digest: String
    /// The components that it offers here.
    public var components: [String]
    public var reason: String
    public var since: Int64
    public var until: Int64

    init(_ entry: Quarantine.Entry, _ shelf: PluginShelf) {
        plugin = entry.plugin.id
        version = entry.plugin.version
        digest = entry.plugin.digest
        components = shelf.catalogue.entries.filter { $0.pluginDigest == entry.plugin.digest }.map(\.component.name)
        reason = entry.reason
        since = entry.since
        until = entry.until
    }
}
