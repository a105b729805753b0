import Foundation
import Logging
import NornStore

extension Site {
    /// Makes a backup while the site serves.
    public func backup(_ request: BackupRequest) async throws -> BackupView {
        guard let store = store as? SQLiteStore else { throw SiteBackup.sharedStore }
        try await backups.take()
        do {
            let view = try await BackupWriter(home: home, store: store, request: request).run()
            logger.info("made a backup", metadata: ["folder": "\(view.folder)", "bytes": "\(view.bytes)"])
            await backups.end()
            return view
        } catch {
            await backups.end()
            throw error
        }
    }
}

/// Backups of a home that no server uses.
public enum SiteBackup {
    /// Makes one; refuses while a server has the home.
    public static func make(home: SiteHome, request: BackupRequest) async throws -> BackupView {
        guard FileManager.default.fileExists(atPath: home.root.path) else {
            throw SiteError.notFound("home", home.root.path)
        }
        guard try SiteSettings.read(home.settings).store.url.isEmpty else { throw sharedStore }
        try home.prepare()
        let lock = try HomeLock.hold(home)
        defer { withExtendedLifetime(lock) {} }
        let store = try SQLiteStore(path: home.database.path)
        return try await BackupWriter(home: home, store: store, request: request).run()
    }

    static let sharedStore = SiteError(
        "backup_not_supported", "The site's rows are in PostgreSQL, which has its own backups",
        field: "store.url",
        hint: "First pg_dump --format=custom of the database, then copy tables, models, added-plugins and site.yaml of "
            + "the home; after pg_restore raise the fence: UPDATE lease SET fence = extract(epoch FROM now())")
}
