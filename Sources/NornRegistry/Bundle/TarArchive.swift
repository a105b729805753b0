/// The little of a tar archive (POSIX ustar) that a bundle is: regular files with plain names, in order. Written
/// without owners and times, so that the same files make the same bytes.
enum TarArchive {
    struct Entry: Hashable, Sendable {
        /// Relative, with `/` between its steps.
        var path: String
        var bytes: [UInt8]
    }

    static let blockBytes = 512
    /// The header's field for a name; longer ones are refused, as there is no need for them.
    static let pathBytesMaximum = 100
    static let entriesMaximum = 4096

    // MARK: Writing

    static func encoded(_ entries: [Entry]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(entries.reduce(2 * blockBytes) { $0 + 2 * blockBytes + $1.bytes.count })
        for entry in entries {
            out += header(entry)
            out += entry.bytes
            out += [UInt8](repeating: 0, count: padding(entry.bytes.count))
        }
        return out + [UInt8](repeating: 0, count: 2 * blockBytes)
    }

    private static func padding(_ count: Int) -> Int { (blockBytes - count % blockBytes) % blockBytes }

    /// Fields of the header: name 0, mode 100, owner 108, group 116, size 124, time 136, checksum 148, kind 156,
    /// magic 257.
    private static func header(_ entry: Entry) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockBytes)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { block[offset + index] = byte }
        }
        put(entry.path, at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(entry.bytes.count, digits: 11), at: 124)
        put(octal(0, digits: 11), at: 136)
        put("0", at: 156)
        put("ustar\u{0}00", at: 257)
        put(octal(checksum(block), digits: 6) + "\u{0} ", at: 148)
        return block
    }

    private static func octal(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The sum of the header's bytes, with eight spaces where the sum itself stands.
    private static func checksum(_ block: some Collection<UInt8>) -> Int {
        block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 0x20 : Int($1.element)) }
    }

    // MARK: Reading

    /// Reads an archive to its end mark: one that was cut off is refused, and so is what is no plain file.
    static func decode(_ bytes: [UInt8]) throws(BundleError) -> [Entry] {
        var entries: [Entry] = []
        var offset = 0
        while true {
            guard bytes.count - offset >= blockBytes else { throw .incomplete }
            let block = bytes[offset..<offset + blockBytes]
            offset += blockBytes
            guard block.contains(where: { $0 != 0 }) else {
                guard bytes.count - offset >= blockBytes else { throw .incomplete }
                return entries
            }
            guard entries.count < entriesMaximum else { throw .refused("it holds more than \(entriesMaximum) files") }
            let (path, count) = try readHeader(Array(block))
            guard bytes.count - offset >= count + padding(count) else { throw .incomplete }
            entries.append(Entry(path: path, bytes: Array(bytes[offset..<offset + count])))
            offset += count + padding(count)
        }
    }

    private static func readHeader(_ block: [UInt8]) throws(BundleError) -> (path: String, count: Int) {
        guard block[257..<262].elementsEqual("ustar".utf8), number(block[148..<156]) == checksum(block) else {
            throw .refused("it is not a tar archive")
        }
        guard block[156] == UInt8(ascii: "0") || block[156] == 0 else {
            throw .refused("it holds something that is no plain file")
        }
        let path = String(decoding: block[0..<100].prefix { $0 != 0 }, as: UTF8.self)
        let steps = path.split(separator: "/", omittingEmptySubsequences: false)
        guard block[345] == 0, steps.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw .refused("it holds the path \"\(path.prefix(120))\", which leads out of it")
        }
        guard let count = number(block[124..<136]), count >= 0 else { throw .refused("a file of it has no size") }
        return (path, count)
    }

    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        let text = String(decoding: field.prefix { $0 != 0 && $0 != 0x20 }, as: UTF8.self)
        return Int(text, radix: 8)
    }
}
