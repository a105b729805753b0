import Foundation
import Glibc
import NornStore

/// Makes a home from a backup. Every file is checked against the backup's list on the way; the home is there whole, or
/// not at all.
public struct SiteRestore {
    /// What was restored.
    public struct View: Codable, Equatable, Sendable {
        public var home: String
        public var made: Int64
        public var files: Int
        public var bytes: Int64
        /// The number of starts from which the restored site counts on.
        public var epoch: Int
        public var hasKeys: Bool
    }

    /// Starts that a site may have had since the backup.
    static let epochsSkipped = 1_000_000

    let folder: URL
    let home: SiteHome
    let keys: URL?
    let settings: URL?

    /// - Parameter settings: a settings file in place of the backup's: another store, for one.
    public init(folder: URL, home: SiteHome, keys: URL?, settings: URL? = nil) {
        self.folder = folder
        self.home = home
        self.keys = keys
        self.settings = settings
    }

    public func run() async throws -> View {
        let manifest = try BackupManifest.read(folder)
        let keys = try keys.map { try BackupKeys.read($0) }
        if let settings { _ = try SiteSettings.read(existing: settings) }
        try requireEmptyHome()
        let fresh = SiteHome(
            root: home.root.deletingLastPathComponent().appending(
                path: ".\(home.root.lastPathComponent).part-\(FreshID.hexadecimal(bytes: 4))"))
        do {
            try fresh.prepare()
            for file in manifest.files { try restore(file, into: fresh) }
            if let settings { try replaceSettings(fresh, settings) }
            let store = try SiteSettings.read(fresh.settings).store
            var epoch = try await raiseEpoch(fresh, manifest, isShared: store.isShared)
            try keys?.put(into: fresh)
            // The last thing that may be refused, and the first that another process can see.
            if store.isShared { epoch = try await SharedStoreRestore(store, fresh).run(epoch: epoch) }
            try publish(fresh)
            return View(
                home: home.root.path, made: manifest.made, files: manifest.files.count,
                bytes: manifest.files.map(\.bytes).reduce(0, +), epoch: epoch, hasKeys: keys != nil)
        } catch {
            try? FileManager.default.removeItem(at: fresh.root)
            throw error
        }
    }

    private func requireEmptyHome() throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: home.root.path)) ?? []
        guard names.isEmpty else {
            throw SiteError(
                "home_not_empty", "The home \(home.root.path) is not empty", field: "--home",
                hint: "Move it away, or restore into another one with --home")
        }
    }

    private func restore(_ file: BackupManifest.File, into fresh: SiteHome) throws {
        let name = file.path == BackupManifest.storeFile ? fresh.database.lastPathComponent : file.path
        let target = fresh.root.appending(path: name)
        try BackupFiles.makeFolder(target.deletingLastPathComponent())
        let read = try BackupFiles.copy(folder.appending(path: file.path), to: target)
        guard read.bytes == file.bytes, read.digest == file.digest else {
            throw SiteError(
                "backup_damaged", "\(file.path) of the backup is not as it was written",
                hint: "Take another backup; its disk may be failing")
        }
    }

    private func replaceSettings(_ fresh: SiteHome, _ settings: URL) throws {
        try? FileManager.default.removeItem(at: fresh.settings)
        _ = try BackupFiles.copy(settings, to: fresh.settings)
    }

    /// Partners know a later site than the backup does. Every number that it counts by its starts goes past all that
    /// they can have seen, so that messages, fences and leases from before the restore are dead. Two restores of one
    /// backup differ, as the clock goes on.
    private func raiseEpoch(_ fresh: SiteHome, _ manifest: BackupManifest, isShared: Bool) async throws -> Int {
        let store = try SQLiteStore(path: fresh.database.path)
        try await store.relocate(from: manifest.home, to: home.root.path)
        try await StoreOpening.moveHome(to: fresh, store, isShared: isShared)
        let before = Int(try await store.value("epoch") ?? "") ?? manifest.epoch
        let epoch = max(before + Self.epochsSkipped, Int(Clocks.wallMilliseconds() / 1000))
        try await store.setValue("epoch", String(epoch))
        try await store.setValue(RestoredSite.mark, String(manifest.made))
        try store.finish()
        return epoch
    }

    private func publish(_ fresh: SiteHome) throws {
        let parent = home.root.deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        for folder in [fresh.tables, fresh.models, fresh.keys, fresh.root] { try BackupFiles.sync(folder: folder) }
        // An empty folder of that name gives way.
        guard rename(fresh.root.path, home.root.path) == 0 else {
            throw SiteError(
                "home_not_made", "\(home.root.path) cannot be made: \(String(cString: strerror(errno)))",
                field: "--home", hint: "Name a folder that is not there, on the disk that it is to be on")
        }
        try BackupFiles.sync(folder: parent)
    }
}
