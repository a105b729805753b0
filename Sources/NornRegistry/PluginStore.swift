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
    /// The plugin's digest, 64 lowercase hexadecimal digits: of the library, or of the list of all files where the
    /// plugin has others.
    public var sha256: String
    public var identity: Identity
}

/// The content-addressed copies of admitted plugins: `<root>/<the plugin's digest>/` with the library, its manifest and
/// the plugin's files, all 0444, folders 0555. A copy, once there, never changes, so that overwriting a plugin's source
/// cannot hurt a worker that has it mapped.
public struct PluginStore: Sendable {
    static let temporaryPrefix = ".admitting-"
    /// An unfinished copy of this age belongs to a process that died.
    static let temporarySecondsMaximum = 3600
    /// A copy stays so long after its plugin was withdrawn: attempts may still run from it.
    static let withdrawnSecondsKept = 7 * 86_400

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
                FileSystem.removeDirectory("\(root)/\(name)")
            }
        }
    }

    /// Notes the time from which nothing new begins with a copy.
    func markWithdrawn(_ digest: String) { utimes(folder(of: digest), nil) }

    /// Removes copies that belong to nothing that is admitted, and to nothing that was lately.
    func removeUnused(keeping digests: Set<String>) {
        for name in (try? FileSystem.names(in: root)) ?? [] {
            guard Hexadecimal.bytes(name)?.count == 32, !digests.contains(name) else { continue }
            var status = stat()
            guard stat(folder(of: name), &status) == 0,
                time(nil) - status.st_mtim.tv_sec > Self.withdrawnSecondsKept
            else { continue }
            FileSystem.removeDirectory(folder(of: name))
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
    func prepare(_ payload: PluginPayload) throws(FileError) -> Pending {
        let folder =
            "\(root)/\(Self.temporaryPrefix)\(payload.digest.prefix(16))-\(getpid())-"
            + "\(UInt64.random(in: .min ... .max))"
        do {
            try FileSystem.makeDirectory(folder)
            for file in payload.stored {
                try FileSystem.makeParents(of: file.path, in: folder)
                try FileSystem.write(file.bytes, to: "\(folder)/\(file.path)", mode: 0o444)
            }
            try FileSystem.write(payload.manifest, to: "\(folder)/manifest.json", mode: 0o444)
            try FileSystem.syncDirectory(folder)
            chmod(folder, 0o555)
            return Pending(
                folder: folder, libraryName: payload.libraryName,
                library: try stored("\(folder)/\(payload.libraryName)", payload.digest))
        } catch {
            FileSystem.removeDirectory(folder)
            throw error
        }
    }

    func discard(_ pending: Pending) { FileSystem.removeDirectory(pending.folder) }

    /// The copy that is there already, whole and with the same manifest: a start writes nothing for it, so that it
    /// succeeds on a full disk too.
    func kept(_ payload: PluginPayload) -> StoredLibrary? {
        let folder = folder(of: payload.digest)
        let manifest = try? FileSystem.read(
            "\(folder)/manifest.json", bytesMaximum: PluginFolder.manifestBytesMaximum)
        guard manifest == payload.manifest else { return nil }
        for file in payload.stored {
            let bytes = try? FileSystem.read("\(folder)/\(file.path)", bytesMaximum: file.bytes.count)
            guard bytes == file.bytes else { return nil }
        }
        return try? stored("\(folder)/\(payload.libraryName)", payload.digest)
    }

    /// Gives a copy its final name. A copy of the same plugin that is already there stays when it is the same, and makes
    /// place otherwise; a worker that has the old one mapped keeps it.
    func publish(_ pending: Pending, _ payload: PluginPayload) throws(FileError) -> StoredLibrary {
        let final = folder(of: payload.digest)
        if FileSystem.exists(final) {
            if let kept = kept(payload) {
                discard(pending)
                return kept
            }
            let old = "\(pending.folder)-old"
            guard rename(final, old) == 0 else { throw FileError(message: FileSystem.reason()) }
            FileSystem.removeDirectory(old)
        }
        guard rename(pending.folder, final) == 0 else {
            throw FileError(message: "the copy cannot get its name: \(FileSystem.reason())")
        }
        try FileSystem.syncDirectory(root)
        return try stored("\(final)/\(pending.libraryName)", payload.digest)
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
