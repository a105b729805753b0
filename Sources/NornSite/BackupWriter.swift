import Foundation
import Glibc
import NornStore

/// Makes a backup of a home, also while its site serves: a copy of the store as it is at one instant, every table and
/// model that it points to, added plugins and settings. It stands under its name when it is whole, or not at all.
struct BackupWriter {
    /// A table that is forgotten between the copy of the store and its own is no longer needed by a newer copy.
    static let storeCopiesMaximum = 8

    let home: SiteHome
    let store: any Store
    let request: BackupRequest

    func run() async throws -> BackupView {
        let fresh = try prepared()
        do {
            var manifest = try await fill(fresh)
            try addSettingsAndPlugins(fresh, &manifest)
            try publish(fresh, manifest)
            if let keys = request.keys { try BackupKeys.write(home, to: keys) }
            try await store.setValue("backup", String(manifest.made))
            return view(manifest)
        } catch {
            try? FileManager.default.removeItem(at: fresh)
            throw error
        }
    }

    private func prepared() throws -> URL {
        guard !BackupFiles.isThere(request.folder) else {
            throw SiteError(
                "backup_exists", "\(request.folder.path) is there already", field: "folder",
                hint: "Name a folder that is not there; an earlier backup may be its base")
        }
        if let keys = request.keys, BackupFiles.isThere(keys) {
            throw SiteError("backup_exists", "\(keys.path) is there already", field: "keys")
        }
        let root = home.root.path + "/"
        guard !(request.folder.path + "/").hasPrefix(root) else {
            throw SiteError("invalid_request", "A backup inside the home goes with the home", field: "folder")
        }
        let fresh = request.folder.deletingLastPathComponent().appending(
            path: ".\(request.folder.lastPathComponent).part-\(FreshID.hexadecimal(bytes: 4))")
        try BackupFiles.makeFolder(fresh)
        return fresh
    }

    // MARK: Store, tables and models

    /// Copies the store, then all that the copy points to. What went meanwhile is not in the next copy; what is still
    /// named there was not in the home to begin with.
    private func fill(_ fresh: URL) async throws -> BackupManifest {
        let base = try request.base.map { BackupBase(folder: $0, manifest: try BackupManifest.read($0)) }
        let file = fresh.appending(path: BackupManifest.storeFile)
        var taken: [String: [BackupManifest.File]] = [:]
        var missing: Set<String> = []
        for _ in 0..<Self.storeCopiesMaximum {
            var manifest = try await copyStore(to: file)
            let paths = try await Self.sealed(file).compactMap(relative).sorted()
            for path in paths where taken[path] == nil { taken[path] = try take(path, fresh, base) }
            let absent = Set(paths.filter { taken[$0] == nil })
            guard absent.isSubset(of: missing) else {
                missing = absent
                try FileManager.default.removeItem(at: file)
                continue
            }
            for path in taken.keys where !paths.contains(path) {
                try? FileManager.default.removeItem(at: fresh.appending(path: path))
            }
            let copied = try BackupFiles.digest(file)
            manifest.files = [
                BackupManifest.File(
                    path: BackupManifest.storeFile, bytes: copied.bytes, digest: copied.digest, isLinked: false)
            ]
            manifest.files += paths.flatMap { taken[$0] ?? [] }
            return manifest
        }
        throw SiteError("backup_not_written", "Tables come and go faster than they are copied", hint: "Try again later")
    }

    private func copyStore(to file: URL) async throws -> BackupManifest {
        let made = Clocks.wallMilliseconds()
        try await store.copy(to: file.path)
        let found = try SQLiteStore.examine(path: file.path)
        return BackupManifest(
            made: made, version: SiteVersion.text, home: home.root.path, schema: found.schema,
            epoch: Int(found.values["epoch"] ?? "") ?? 0)
    }

    private static func sealed(_ file: URL) async throws -> Set<String> {
        let copy = try SQLiteStore(path: file.path)
        let paths = try await copy.sealedPaths()
        try copy.finish()
        return paths
    }

    /// A path in the home's tables or models, from the home on.
    private func relative(_ path: String) -> String? {
        let root = home.root.path + "/"
        guard path.hasPrefix(root), !path.contains("/../") else { return nil }
        let inside = String(path.dropFirst(root.count))
        return inside.hasPrefix("tables/") || inside.hasPrefix("models/") ? inside : nil
    }

    /// Takes a sealed table or model; nil when it is not there.
    private func take(_ path: String, _ fresh: URL, _ base: BackupBase?) throws -> [BackupManifest.File]? {
        let source = home.root.appending(path: path)
        guard let files = BackupFiles.files(in: source) else { return nil }
        return try files.map { name in
            let inside = name.isEmpty ? path : "\(path)/\(name)"
            let target = fresh.appending(path: inside)
            try BackupFiles.makeFolder(target.deletingLastPathComponent())
            if let earlier = base?.link(inside, to: target) { return earlier }
            let file = home.root.appending(path: inside)
            // What is sealed never changes: the backup may share its bytes.
            if BackupFiles.link(file, to: target) {
                let read = try BackupFiles.digest(target)
                return BackupManifest.File(path: inside, bytes: read.bytes, digest: read.digest, isLinked: true)
            }
            let read = try BackupFiles.copy(file, to: target)
            return BackupManifest.File(path: inside, bytes: read.bytes, digest: read.digest, isLinked: false)
        }
    }

    // MARK: The rest, and the end

    private func addSettingsAndPlugins(_ fresh: URL, _ manifest: inout BackupManifest) throws {
        let plugins = home.addedPlugins.lastPathComponent
        var paths = (BackupFiles.files(in: home.addedPlugins) ?? []).map { "\(plugins)/\($0)" }
        if BackupFiles.files(in: home.settings) != nil { paths.append(BackupManifest.settingsFile) }
        for path in paths {
            let target = fresh.appending(path: path)
            try BackupFiles.makeFolder(target.deletingLastPathComponent())
            let read = try BackupFiles.copy(home.root.appending(path: path), to: target)
            manifest.files.append(
                BackupManifest.File(path: path, bytes: read.bytes, digest: read.digest, isLinked: false))
        }
    }

    /// The list of files is the last to be written, the name the last to be given.
    private func publish(_ fresh: URL, _ manifest: BackupManifest) throws {
        var folders = Set(manifest.files.map { fresh.appending(path: $0.path).deletingLastPathComponent() })
        for folder in folders { folders.insert(folder.deletingLastPathComponent()) }
        for folder in folders where folder.path.hasPrefix(fresh.path) { try BackupFiles.sync(folder: folder) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try writePrivateFile(
            try encoder.encode(manifest), to: fresh.appending(path: BackupManifest.fileName), isDurable: true)
        try BackupFiles.sync(folder: fresh)
        guard rename(fresh.path, request.folder.path) == 0 else {
            throw SiteError(
                "backup_not_written", "\(request.folder.path) cannot be made: \(String(cString: strerror(errno)))")
        }
        try BackupFiles.sync(folder: request.folder.deletingLastPathComponent())
    }

    private func view(_ manifest: BackupManifest) -> BackupView {
        BackupView(
            folder: request.folder.path, made: manifest.made, files: manifest.files.count,
            bytes: manifest.files.map(\.bytes).reduce(0, +),
            linkedBytes: manifest.files.filter(\.isLinked).map(\.bytes).reduce(0, +), keys: request.keys?.path)
    }
}

/// An earlier backup whose sealed files the next one shares.
struct BackupBase {
    let folder: URL
    private let files: [String: BackupManifest.File]

    init(folder: URL, manifest: BackupManifest) {
        self.folder = folder
        files = Dictionary(manifest.files.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Links a file that the base has; nil when it has none of that length.
    func link(_ path: String, to target: URL) -> BackupManifest.File? {
        guard var file = files[path] else { return nil }
        let source = folder.appending(path: path)
        let size = (try? FileManager.default.attributesOfItem(atPath: source.path)[.size] as? NSNumber)?.int64Value
        guard size == file.bytes, BackupFiles.link(source, to: target) else { return nil }
        file.isLinked = true
        return file
    }
}

/// One backup at a time.
actor BackupTurn {
    private var isTaken = false

    func take() throws {
        guard !isTaken else {
            throw SiteError("backup_runs", "A backup is being made", hint: "Wait until it is done")
        }
        isTaken = true
    }

    func end() { isTaken = false }
}
