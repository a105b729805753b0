import CZlib
import Foundation
import NornSite

/// Writes a gzip-compressed tar archive (POSIX ustar) of small and large members, piece by piece.
struct TarFile: ~Copyable {
    static let blockBytes = 512
    private static let nameBytesMaximum = 100
    private static let prefixBytesMaximum = 155
    /// Logs and tables shrink well at the fastest level already.
    private static let mode = "wb1"

    private var file: gzFile?
    private var memberBytesLeft = 0
    private var padding = 0

    init(_ url: URL) throws {
        file = gzopen(url.path, Self.mode)
        guard file != nil else { throw Self.notWritten }
    }

    deinit { if let file { _ = gzclose(file) } }

    /// A whole member.
    mutating func add(_ name: String, _ bytes: [UInt8]) throws {
        try begin(name, size: bytes.count)
        try write(bytes)
    }

    /// A member with the content of a file.
    mutating func add(_ name: String, contentsOf url: URL) throws {
        let handle = try FileHandle(forReadingFrom: url)
        defer { try? handle.close() }
        let size = Int(try handle.seekToEnd())
        try handle.seek(toOffset: 0)
        try begin(name, size: size)
        var left = size
        while left > 0, let piece = try handle.read(upToCount: min(left, 262_144)), !piece.isEmpty {
            try write(Array(piece))
            left -= piece.count
        }
        guard left == 0 else { throw Self.notWritten }
    }

    /// Announces a member of so many bytes, which `write` is given next.
    mutating func begin(_ name: String, size: Int) throws {
        precondition(memberBytesLeft == 0, "a member is begun before the one before it is whole")
        try put(Self.header(name, size: size))
        memberBytesLeft = size
        padding = (Self.blockBytes - size % Self.blockBytes) % Self.blockBytes
        if size == 0 { padding = 0 }
    }

    mutating func write(_ bytes: [UInt8]) throws {
        precondition(bytes.count <= memberBytesLeft, "a member is longer than it was announced")
        try put(bytes)
        memberBytesLeft -= bytes.count
        if memberBytesLeft == 0 {
            try put([UInt8](repeating: 0, count: padding))
            padding = 0
        }
    }

    /// Ends the archive; it is whole only after this.
    consuming func finish() throws {
        try put([UInt8](repeating: 0, count: 2 * Self.blockBytes))
        let closed = gzclose(file)
        file = nil
        guard closed == Z_OK else { throw Self.notWritten }
    }

    private func put(_ bytes: [UInt8]) throws {
        guard !bytes.isEmpty else { return }
        guard gzwrite(file, bytes, UInt32(bytes.count)) == bytes.count else { throw Self.notWritten }
    }

    private static let notWritten = SiteError(
        "answer_not_written", "The archive cannot be written", hint: "Check the disk of the home")

    // MARK: Header

    /// The header block of a regular file: IEEE Std 1003.1, "ustar Interchange Format".
    static func header(_ name: String, size: Int) throws -> [UInt8] {
        let (prefix, rest) = try split(name)
        var block = [UInt8](repeating: 0, count: blockBytes)
        func put(_ text: String, _ offset: Int) {
            for (index, byte) in text.utf8.enumerated() { block[offset + index] = byte }
        }
        put(rest, 0)
        put(octal(0o644, 7), 100)
        put(octal(0, 7), 108)
        put(octal(0, 7), 116)
        put(octal(size, 11), 124)
        put(octal(Int(Date().timeIntervalSince1970), 11), 136)
        put("        ", 148)
        put("0", 156)
        put("ustar", 257)
        put("00", 263)
        put(prefix, 345)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6), 148)
        block[154] = 0
        return block
    }

    /// A long name is cut at a slash into prefix and name.
    private static func split(_ name: String) throws -> (prefix: String, rest: String) {
        if name.utf8.count <= nameBytesMaximum { return ("", name) }
        let slashes = name.indices.filter { name[$0] == "/" }
        for slash in slashes {
            let (prefix, rest) = (name[..<slash], name[name.index(after: slash)...])
            if prefix.utf8.count <= prefixBytesMaximum, rest.utf8.count <= nameBytesMaximum {
                return (String(prefix), String(rest))
            }
        }
        throw SiteError("name_too_long", "A member of an archive cannot be called \(name.prefix(40))…")
    }

    private static func octal(_ number: Int, _ width: Int) -> String {
        let digits = String(number, radix: 8)
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }
}
