import Foundation

/// ZIP files without compression (APPNOTE.TXT 6.3.3, method 0): what a site exports and takes back. Everything that
/// such a file has no need of is refused: compression, encryption, links, folders, spans, sizes of 64 bits, data
/// between entries.
enum ZipArchive {
    static let entriesMaximum = 4200
    static let nameBytesMaximum = 512
    /// Of the whole file; sizes of the format are 32 bits.
    static let bytesMaximum = 1 << 30

    struct Entry: Equatable, Sendable {
        var name: String
        var bytes: [UInt8]
    }

    private static let localSignature: UInt32 = 0x0403_4B50
    private static let centralSignature: UInt32 = 0x0201_4B50
    private static let endSignature: UInt32 = 0x0605_4B50
    private static let localBytes = 30
    private static let centralBytes = 46
    private static let endBytes = 22
    /// Version 2.0, made on Unix.
    private static let version: UInt16 = 20
    private static let unixVersion: UInt16 = 3 << 8 | 20
    /// Names are UTF-8.
    private static let utf8Flag: UInt16 = 1 << 11
    /// 1 January 1980, so that the same content gives the same file.
    private static let firstDate: UInt16 = 0x0021
    /// A regular file that its owner alone reads.
    private static let privateFile: UInt32 = 0o100600 << 16

    // MARK: Writing

    /// The bytes of an archive with these entries, in order.
    static func write(_ entries: [Entry]) throws -> [UInt8] {
        var writer = LittleEndianBytes()
        var central = LittleEndianBytes()
        guard entries.count <= entriesMaximum else { throw tooLarge }
        for entry in entries {
            let place = writer.bytes.count
            guard place + entry.bytes.count <= bytesMaximum else { throw tooLarge }
            writer.put(localSignature)
            let head = head(of: entry)
            writer.bytes += head
            writer.bytes += Array(entry.name.utf8) + entry.bytes
            central.put(centralSignature)
            central.put(unixVersion)
            central.bytes += head
            for _ in 0..<3 { central.put(UInt16(0)) }
            central.put(privateFile)
            central.put(UInt32(place))
            central.bytes += Array(entry.name.utf8)
        }
        let start = writer.bytes.count
        writer.bytes += central.bytes
        writer.put(endSignature)
        writer.put(UInt32(0))
        for _ in 0..<2 { writer.put(UInt16(entries.count)) }
        writer.put(UInt32(central.bytes.count))
        writer.put(UInt32(start))
        writer.put(UInt16(0))
        return writer.bytes
    }

    /// What the local and the central header have in common.
    private static func head(of entry: Entry) -> [UInt8] {
        var head = LittleEndianBytes()
        for value in [version, utf8Flag, 0, 0, firstDate] { head.put(value) }
        head.put(CyclicRedundancyCheck.of(entry.bytes[...]))
        for _ in 0..<2 { head.put(UInt32(entry.bytes.count)) }
        head.put(UInt16(entry.name.utf8.count))
        head.put(UInt16(0))
        return head.bytes
    }

    // MARK: Reading

    /// The entries of an archive whose every byte is accounted for.
    /// - Throws: `SiteError` `archive_refused` with what is wrong.
    static func read(_ bytes: [UInt8]) throws -> [Entry] {
        guard bytes.count <= bytesMaximum else { throw tooLarge }
        let reader = LittleEndianReader(bytes: bytes)
        let end = bytes.count - endBytes
        guard end >= 0, try reader.long(end) == endSignature, try reader.short(end + 20) == 0 else {
            throw refusal("it is no ZIP file, or has something behind its end")
        }
        let count = Int(try reader.short(end + 10))
        let (size, start) = (Int(try reader.long(end + 12)), Int(try reader.long(end + 16)))
        guard try reader.long(end + 4) == 0, try reader.short(end + 8) == count, count <= entriesMaximum else {
            throw refusal("it is of several parts, or has more than \(entriesMaximum) entries")
        }
        guard start + size == end else { throw refusal("its list of entries is not where its end says") }
        var entries: [Entry] = []
        var names: Set<String> = []
        var (place, data) = (start, 0)
        for _ in 0..<count {
            let entry = try entry(reader, at: place, before: end, data: &data)
            guard names.insert(entry.name).inserted else { throw refusal("it has two entries \(shown(entry.name))") }
            entries.append(entry)
            place += centralBytes + entry.name.utf8.count
        }
        guard place == end, data == start else { throw refusal("it has bytes that belong to no entry") }
        return entries
    }

    private static func entry(
        _ reader: LittleEndianReader, at place: Int, before end: Int, data: inout Int
    ) throws -> Entry {
        guard place + centralBytes <= end, try reader.long(place) == centralSignature else {
            throw refusal("its list of entries is damaged")
        }
        let nameBytes = Int(try reader.short(place + 28))
        guard nameBytes > 0, nameBytes <= nameBytesMaximum else {
            throw refusal("an entry's name has no usable length")
        }
        let rawName = try reader.bytes(place + centralBytes, nameBytes)
        guard let name = String(validating: rawName, as: UTF8.self) else {
            throw refusal("an entry's name is no UTF-8")
        }
        func refuse(_ what: String) -> SiteError { refusal("the entry \(shown(name)) \(what)") }
        guard isPlain(name) else { throw refuse("leads out of the archive, or is no plain name") }
        guard try reader.short(place + 10) == 0 else {
            throw refuse("is compressed: send the archive as it was exported")
        }
        guard try reader.short(place + 8) & ~utf8Flag == 0 else { throw refuse("is encrypted or streamed") }
        let kind = try reader.long(place + 38) >> 16 & 0o170000
        guard kind == 0o100000 || kind == 0 else { throw refuse("is a link or folder, not a file") }
        let (packed, size) = (Int(try reader.long(place + 20)), Int(try reader.long(place + 24)))
        guard packed == size, try reader.short(place + 30) == 0, try reader.short(place + 32) == 0,
            Int(try reader.long(place + 42)) == data
        else { throw refuse("has extra fields, or does not follow the one before") }
        // The local header says the same, byte by byte, so that no two readers see two files.
        guard try reader.long(data) == localSignature,
            try reader.bytes(data + 4, 26) == reader.bytes(place + 6, 24) + [0, 0],
            try reader.bytes(data + localBytes, nameBytes) == rawName
        else { throw refuse("is described in two ways") }
        let content = try reader.bytes(data + localBytes + nameBytes, size)
        guard CyclicRedundancyCheck.of(content) == (try reader.long(place + 16)) else { throw refuse("is damaged") }
        data += localBytes + nameBytes + size
        return Entry(name: name, bytes: Array(content))
    }

    /// Letters, digits and `._-` in parts between slashes, none of them `.` or `..`.
    private static func isPlain(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            !part.isEmpty && part != "." && part != ".."
                && part.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
        }
    }

    private static func shown(_ name: String) -> String { "\"\(name.prefix(60))\"" }

    static func refusal(_ what: String) -> SiteError {
        SiteError(
            "archive_refused", "The archive is refused: \(what)", field: "file",
            hint: "Send a file as norn model export wrote it")
    }

    private static let tooLarge = SiteError(
        "archive_refused", "An archive has at most \(bytesMaximum >> 20) MiB and \(entriesMaximum) entries",
        field: "file")
}

/// Numbers with the least byte first.
private struct LittleEndianBytes {
    var bytes: [UInt8] = []

    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}

private struct LittleEndianReader {
    let bytes: [UInt8]

    func bytes(_ place: Int, _ count: Int) throws -> ArraySlice<UInt8> {
        guard place >= 0, count >= 0, place <= bytes.count, count <= bytes.count - place else {
            throw ZipArchive.refusal("it ends too early")
        }
        return bytes[place..<place + count]
    }

    func short(_ place: Int) throws -> UInt16 {
        try bytes(place, 2).reversed().reduce(0) { $0 << 8 | UInt16($1) }
    }

    func long(_ place: Int) throws -> UInt32 {
        try bytes(place, 4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}

/// CRC-32 as ZIP has it (ISO 3309): the reflected polynomial 0xEDB88320.
enum CyclicRedundancyCheck {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }

    static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { value, byte in value >> 8 ^ table[Int((value ^ UInt32(byte)) & 0xFF)] }
    }
}
