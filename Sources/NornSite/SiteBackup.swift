import Foundation
import Logging
import NornStore

extension Site {
    /// Makes a backup while the site serves.
    public func backup(_ request: BackupRequest) async throws -> BackupView {
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
        let settings = try SiteSettings.read(home.settings)
        try home.prepare()
        let lock = try HomeLock.hold(home)
        defer { withExtendedLifetime(lock) {} }
        let store = try await StoreOpening.open(home, settings, Logger(label: "norn.backup"))
        defer { store.close() }
        try await StoreOpening.checkHome(home, store)
        return try await BackupWriter(home: home, store: store, request: request).run()
    }
}
