import Foundation
import NornStore
import Testing

@testable import NornSite

/// The audit log tells once of each plugin that comes or goes, however that happens.
@Suite struct PluginAuditTests {
    private let one = PluginShelf.Plugin(id: "test.one", version: "1.0.0", digest: String(repeating: "1", count: 64))
    private let two = PluginShelf.Plugin(id: "test.two", version: "2.0.0", digest: String(repeating: "2", count: 64))

    private func contents(_ plugins: [PluginShelf.Plugin]) -> PluginShelf.Contents {
        var contents = PluginShelf.Contents()
        contents.plugins = plugins
        return contents
    }

    private func change(_ action: PluginChange.Action, _ plugin: PluginShelf.Plugin) -> PluginChange {
        PluginChange(
            time: 1, action: action, plugin: plugin.id, version: plugin.version, digest: plugin.digest, caller: "ada",
            detail: "")
    }

    @Test func whatSomebodyDidIsNotToldAgainAtTheNextStart() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "norn-audit-\(UUID().uuidString).db")
        defer {
            for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + end) }
        }
        let store = try SQLiteStore(path: file.path)
        let audit = PluginAudit(store: store)
        let shelf = PluginShelf(contents([one]))
        try await audit.note(shelf)
        shelf.replace(with: contents([one, two]))
        try await audit.note(change(.install, two), shelf)
        try await audit.note(change(.disable, two), shelf)
        try await audit.note(shelf)
        shelf.replace(with: contents([two]))
        try await audit.note(change(.remove, one), shelf)
        try await audit.note(shelf)
        shelf.replace(with: contents([]))
        try await audit.note(shelf)
        let entries = try await store.audit(AuditQuery(limit: 100))
        #expect(
            entries.map { "\($0.kind) \($0.subject) by \($0.actor)" } == [
                "plugin_installed test.one@1.0.0 by site", "plugin_installed test.two@2.0.0 by ada",
                "plugin_disabled test.two@2.0.0 by ada", "plugin_removed test.one@1.0.0 by ada",
                "plugin_removed test.two@2.0.0 by site",
            ])
    }
}
