import Foundation
import NornStore

/// Notes which plugins came and went since the site last ran: the audit log tells when each was there.
struct PluginAudit: Sendable {
    /// The value of the store that holds the names with digests of the plugins that were there last.
    static let valueName = "plugins"
    static let actor = "site"

    let store: any Store

    func note(_ shelf: PluginShelf) async throws {
        let known = Set(try await store.value(Self.valueName).map(Self.parse) ?? [])
        let present = Set(shelf.plugins)
        let time = Clocks.wallMilliseconds()
        func entries(_ kind: AuditKind, _ plugins: Set<PluginShelf.Plugin>) -> [NewAuditEntry] {
            plugins.sorted { ($0.name, $0.digest) < ($1.name, $1.digest) }.map { plugin in
                NewAuditEntry(time: time, kind: kind, actor: Self.actor, subject: plugin.name, digest: plugin.digest)
            }
        }
        var commit = Commit()
        commit.audit =
            entries(.pluginInstalled, present.subtracting(known)) + entries(.pluginRemoved, known.subtracting(present))
            + shelf.warnings.map { NewAuditEntry(time: time, kind: .pluginRefused, actor: Self.actor, text: $0) }
        guard !commit.audit.isEmpty else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(present.sorted { $0.name < $1.name }), as: UTF8.self)
        commit.values = [NamedValue(name: Self.valueName, value: text)]
        try await store.commit(commit)
    }

    private static func parse(_ text: String) -> [PluginShelf.Plugin] {
        (try? JSONDecoder().decode([PluginShelf.Plugin].self, from: Data(text.utf8))) ?? []
    }
}
