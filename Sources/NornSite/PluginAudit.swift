import Foundation
import NornStore

/// Notes which plugins came and went, since the site last ran and while it serves: the audit log tells when each was
/// there.
struct PluginAudit: Sendable {
    /// The value of the store that holds the names with digests of the plugins that were there last.
    static let valueName = "plugins"
    static let actor = "site"

    let store: any Store

    /// At a start: what is there now and was not, or is there no more.
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
        commit.values = [NamedValue(name: Self.valueName, value: try Self.text(of: shelf))]
        try await store.commit(commit)
    }

    /// What somebody did while the site serves: into the history, which is short, and into the audit log, which is
    /// kept. The plugins are written again if they changed meanwhile, so that the
    /// last one to write has what is there, and the next start tells of nothing twice.
    func note(_ change: PluginChange, _ shelf: PluginShelf) async throws {
        var commit = Commit()
        commit.audit = [AuditWords.entry(of: change)]
        commit.pluginChanges = [change]
        var written = ""
        var text = try Self.text(of: shelf)
        while text != written {
            commit.values = [NamedValue(name: Self.valueName, value: text)]
            try await store.commit(commit)
            (commit.audit, commit.pluginChanges) = ([], [])
            (written, text) = (text, try Self.text(of: shelf))
        }
    }

    private static func text(of shelf: PluginShelf) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(shelf.plugins.sorted { $0.name < $1.name }), as: UTF8.self)
    }

    private static func parse(_ text: String) -> [PluginShelf.Plugin] {
        (try? JSONDecoder().decode([PluginShelf.Plugin].self, from: Data(text.utf8))) ?? []
    }
}
