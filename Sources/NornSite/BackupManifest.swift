import Foundation

/// What a backup holds. It is written last, so that a folder without one is no backup.
public struct BackupManifest: Codable, Equatable, Sendable {
    static let newestFormat = 1
    static let fileName = "backup.json"
    static let storeFile = "store.db"
    static let settingsFile = "site.yaml"
    static let bytesMaximum = 1 << 30

    public struct File: Codable, Equatable, Sendable {
        /// Relative to the backup.
        public var path: String
        public var bytes: Int64
        /// SHA-256, hexadecimal.
        public var digest: String
        /// Shared with the home or an earlier backup by a hard link.
        public var isLinked: Bool
    }

    public var format = BackupManifest.newestFormat
    /// Wall milliseconds since 1970 when the store was copied.
    public var made: Int64
    /// The release that made it.
    public var version: String
    /// The home that it was made of.
    public var home: String
    public var schema: Int
    public var epoch: Int
    public var files: [File] = []

    /// Reads a backup's manifest; refuses what is none, and one of a later release.
    static func read(_ folder: URL) throws -> BackupManifest {
        let url = folder.appending(path: fileName)
        guard let data = try? Data(contentsOf: url), data.count <= bytesMaximum else {
            throw SiteError(
                "backup_not_found", "\(folder.path) is no backup: it has no \(fileName)",
                hint: "A backup that was cut short has none; take an earlier one")
        }
        guard let manifest = try? JSONDecoder().decode(BackupManifest.self, from: data) else {
            throw SiteError("backup_damaged", "The \(fileName) of \(folder.path) cannot be read")
        }
        guard manifest.format <= newestFormat else {
            throw SiteError(
                "backup_of_later_release",
                "The backup has format \(manifest.format), this release knows \(newestFormat)",
                hint: "Restore it with the release \(manifest.version) that made it")
        }
        for file in manifest.files where !isInside(file.path) {
            throw SiteError("backup_damaged", "The backup names a file outside of itself: \(file.path.prefix(200))")
        }
        return manifest
    }

    private static func isInside(_ path: String) -> Bool {
        !path.isEmpty && !path.hasPrefix("/")
            && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && $0 != ".." && $0 != "."
            }
    }
}

/// What a backup is to be.
public struct BackupRequest: Sendable {
    /// The folder to make; it must not be there.
    public var folder: URL
    /// An earlier backup: what it has of sealed tables and models is linked, not read again.
    public var base: URL?
    /// Where the keys go, which the backup itself has not; nil leaves them out.
    public var keys: URL?

    public init(folder: URL, base: URL? = nil, keys: URL? = nil) {
        self.folder = folder
        self.base = base
        self.keys = keys
    }
}

/// A backup as it was made.
public struct BackupView: Codable, Equatable, Sendable {
    public var folder: String
    public var made: Int64
    public var files: Int
    public var bytes: Int64
    /// Bytes that take no room of their own.
    public var linkedBytes: Int64
    public var keys: String?
}
