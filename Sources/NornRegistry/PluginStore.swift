import Glibc
import NornManifest

/// Where a library is and how to tell at a glance that it is still the same file.
public struct StoredLibrary: Hashable, Sendable {
    /// Device, inode, size and time of the last change, as `stat` gives them.
    public struct Identity: Hashable, Sendable {
        public var device: UInt64
        public var inode: UInt64
        public var bytes: Int
        public var changedNanoseconds: Int64
    }

    /// Absolute.
    public var path: String
    /// 64 lowercase hexadecimal digits.
    public var sha256: String
    public var identity: Identity
}

/// The content-addressed copies of admitted plugins: `<root>/<sha256 of the library>/` with the library and its
/// manifest, files 0444, folders 0555. A copy, once there, never changes, so that overwriting a plugin's source
/// cannot hurt a worker that has it mapped.
public struct PluginStore: Sendable {
    static let temporaryPrefix = ".admitting-"
    /// An unfinished copy of this age belongs to a process that died.
    static let temporarySecondsMaximum = 3600

    /// Absolute, such as `<home>/plugins`.
    public let root: String

    /// Opens the store, makes its folder and sweeps unfinished copies of processes that died.
    public init(root: String) throws(AdmissionError) {
        do {
            try FileSystem.makeDirectory(root)
        } catch {
            throw AdmissionError(.unreadable, path: root, error.message, "Let the site's user write there.")
        }
        self.root = FileSystem.realPath(root) ?? root
        sweep()
    }

    private func sweep() {
        for name in (try? FileSystem.names(in: root)) ?? [] where name.hasPrefix(Self.temporaryPrefix) {
            var status = stat()
            guard stat("\(root)/\(name)", &status) == 0 else { continue }
            if time(nil) - status.st_mtim.tv_sec > Self.temporarySecondsMaximum {
                FileSystem.removeFlatDirectory("\(root)/\(name)")
            }
        }
    }

    func folder(of sha256: String) -> String { "\(root)/\(sha256)" }

    /// A copy that is not yet under its final name.
    struct Pending {
        var folder: String
        var libraryName: String
        var library: StoredLibrary
    }

    /// Writes a copy under a temporary name, where it can be probed.
    func prepare(
        library bytes: [UInt8], named name: String, sha256: String, manifest: [UInt8]
    ) throws(FileError) -> Pending {
        let folder =
            "\(root)/\(Self.temporaryPrefix)\(sha256.prefix(16))-\(getpid())-\(UInt64.random(in: .min ... .max))"
        do {
            try FileSystem.makeDirectory(folder)
            try FileSystem.write(bytes, to: "\(folder)/\(name)", mode: 0o444)
            try FileSystem.write(manifest, to: "\(folder)/manifest.json", mode: 0o444)
            try FileSystem.syncDirectory(folder)
            chmod(folder, 0o555)
            return Pending(
                folder: folder, libraryName: name, library: try stored("\(folder)/\(name)", sha256))
        } catch {
            FileSystem.removeFlatDirectory(folder)
            throw error
        }
    }

    func discard(_ pending: Pending) { FileSystem.removeFlatDirectory(pending.folder) }

    /// The copy that is there already, whole and with the same manifest: a start writes nothing for it, so that it
    /// succeeds on a full disk too.
    func kept(named name: String, sha256: String, byteCount: Int, manifest: [UInt8]) -> StoredLibrary? {
        let folder = folder(of: sha256)
        let path = "\(folder)/\(name)"
        let existing = try? FileSystem.read(
            "\(folder)/manifest.json", bytesMaximum: PluginFolder.manifestBytesMaximum)
        guard existing == manifest, let library = try? FileSystem.read(path, bytesMaximum: byteCount),
            Digest.hexadecimal(of: library) == sha256
        else { return nil }
        return try? stored(path, sha256)
    }

    /// Gives a copy its final name. A copy of the same library that is already there stays when its manifest is the
    /// same, and makes place otherwise; a worker that has the old one mapped keeps it.
    func publish(_ pending: Pending, manifest: [UInt8]) throws(FileError) -> StoredLibrary {
        let sha256 = pending.library.sha256
        let final = folder(of: sha256)
        let path = "\(final)/\(pending.libraryName)"
        if FileSystem.exists(final) {
            let kept = kept(
                named: pending.libraryName, sha256: sha256, byteCount: pending.library.identity.bytes,
                manifest: manifest)
            if let kept {
                discard(pending)
                return kept
            }
            let old = "\(pending.folder)-old"
            guard rename(final, old) == 0 else { throw FileError(message: FileSystem.reason()) }
            FileSystem.removeFlatDirectory(old)
        }
        guard rename(pending.folder, final) == 0 else {
            throw FileError(message: "the copy cannot get its name: \(FileSystem.reason())")
        }
        try FileSystem.syncDirectory(root)
        return try stored(path, sha256)
    }

    private func stored(_ path: String, _ sha256: String) throws(FileError) -> StoredLibrary {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError(message: FileSystem.reason()) }
        return StoredLibrary(
            path: path, sha256: sha256,
            identity: StoredLibrary.Identity(
                device: UInt64(status.st_dev), inode: UInt64(status.st_ino), bytes: Int(status.st_size),
                changedNanoseconds: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)))
    }
}
