import Crypto
import Foundation
import Glibc

/// Files on their way into a backup and out of it: durable, with their digests.
enum BackupFiles {
    private static let pieceBytes = 1 << 20

    /// Copies a file, durable and readable by its owner alone; answers its length and digest.
    static func copy(_ source: URL, to target: URL) throws -> (bytes: Int64, digest: String) {
        let from = try open(source, O_RDONLY)
        defer { close(from) }
        let to = try open(target, O_WRONLY | O_CREAT | O_EXCL)
        defer { close(to) }
        let read = try stream(from, source) { try write($0, to, target) }
        guard fsync(to) == 0 else { throw failure(target) }
        return read
    }

    /// The length and digest of a file.
    static func digest(_ file: URL) throws -> (bytes: Int64, digest: String) {
        let descriptor = try open(file, O_RDONLY)
        defer { close(descriptor) }
        return try stream(descriptor, file) { _ in }
    }

    /// Gives a file a second name on the same disk; false when that cannot be.
    static func link(_ source: URL, to target: URL) -> Bool { Glibc.link(source.path, target.path) == 0 }

    /// Makes the names in a folder durable.
    static func sync(folder: URL) throws {
        let descriptor = try open(folder, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(folder) }
    }

    static func makeFolder(_ folder: URL) throws {
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw SiteError("backup_not_written", "The folder \(folder.path) cannot be made", hint: "Check its owner")
        }
    }

    static func isThere(_ url: URL) -> Bool {
        (try? FileManager.default.attributesOfItem(atPath: url.path)) != nil
    }

    /// Every regular file in a folder, or the file itself; relative paths, in order. Links are not followed.
    static func files(in url: URL) -> [String]? {
        guard let type = try? FileManager.default.attributesOfItem(atPath: url.path)[.type] as? FileAttributeType else {
            return nil
        }
        if type == .typeRegular { return [""] }
        guard type == .typeDirectory, let names = try? FileManager.default.contentsOfDirectory(atPath: url.path) else {
            return []
        }
        return names.sorted().flatMap { name in
            (files(in: url.appending(path: name)) ?? []).map { $0.isEmpty ? name : "\(name)/\($0)" }
        }
    }

    // MARK: System calls

    private static func open(_ file: URL, _ flags: Int32) throws -> Int32 {
        let descriptor = Glibc.open(file.path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(file) }
        return descriptor
    }

    private static func stream(
        _ descriptor: Int32, _ file: URL, _ take: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> (bytes: Int64, digest: String) {
        var hash = SHA256()
        var bytes: Int64 = 0
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 16)
        defer { piece.deallocate() }
        while true {
            let count = read(descriptor, piece.baseAddress, pieceBytes)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(file) }
            if count == 0 { break }
            let part = UnsafeRawBufferPointer(rebasing: piece[..<count])
            hash.update(bufferPointer: part)
            try take(part)
            bytes += Int64(count)
        }
        return (bytes, hash.finalize().map { String(format: "%02x", $0) }.joined())
    }

    private static func write(_ piece: UnsafeRawBufferPointer, _ descriptor: Int32, _ file: URL) throws {
        var done = 0
        while done < piece.count {
            let count = Glibc.write(descriptor, piece.baseAddress?.advanced(by: done), piece.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(file) }
            done += count
        }
    }

    private static func failure(_ file: URL) -> SiteError {
        let isFull = errno == ENOSPC || errno == EDQUOT
        return SiteError(
            isFull ? "disk_full" : "backup_not_written", "\(file.path): \(String(cString: strerror(errno)))",
            hint: isFull ? "Make room, or choose another disk" : "Check the folder and its owner")
    }
}
