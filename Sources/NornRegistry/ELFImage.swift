/// What admission needs to know of a shared library, read from its ELF file (System V ABI, gABI chapters 4 and 5)
/// without loading it.
///
/// Everything is read through the program headers and the dynamic section, as the dynamic linker does: section
/// headers may be stripped or lie.
public struct ELFImage: Hashable, Sendable {
    public static let machineX86: UInt16 = 62
    public static let machineARM: UInt16 = 183

    static let programHeadersMaximum = 1024
    static let dynamicEntriesMaximum = 65_536
    static let symbolsMaximum = 4_000_000
    static let exportedSymbolsMaximum = 65_536
    static let nameBytesMaximum = 4096

    public var machine: UInt16
    /// Names of defined symbols that others can see, sorted.
    public var exportedSymbols: [String]
    /// Names of symbols that are taken from other libraries, sorted.
    public var importedSymbols: [String]
    /// Names of needed shared libraries, in order.
    public var needed: [String]
    /// Entries of RPATH and RUNPATH.
    public var searchPaths: [String]
    public var isNeverUnloaded: Bool
    public var hasTextRelocations: Bool
    /// Whether it asks for an executable stack; a library that does not say counts as asking.
    public var wantsExecutableStack: Bool
    /// Whether a segment is writable and executable at once.
    public var hasWritableCode: Bool

    /// Reads an ELF64 little-endian shared object.
    /// - Throws: `ELFError` for anything else, and for offsets that leave the file.
    public init(bytes: [UInt8]) throws(ELFError) {
        let file = ELFBytes(bytes: bytes)
        guard bytes.count >= 64, bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
            throw ELFError("the file is not an ELF file")
        }
        guard bytes[4] == 2, bytes[5] == 1, bytes[6] == 1 else {
            throw ELFError("the file is not of 64 bits and little-endian")
        }
        guard try file.word16(16) == 3 else { throw ELFError("the file is not a shared library") }
        machine = try file.word16(18)
        let segments = try ELFImage.segments(file)
        guard let dynamic = segments.first(where: { $0.kind == ELFSegment.dynamic }) else {
            throw ELFError("the file has no dynamic section")
        }
        let reader = try ELFDynamic(file: file, loads: segments.filter { $0.kind == ELFSegment.load }, segment: dynamic)
        needed = try reader.texts(ELFDynamic.neededTag)
        searchPaths = try (reader.texts(ELFDynamic.rpathTag) + reader.texts(ELFDynamic.runpathTag))
            .flatMap { $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init) }
        isNeverUnloaded = (reader.value(ELFDynamic.flags1Tag) ?? 0) & 0x8 != 0
        hasTextRelocations =
            reader.value(ELFDynamic.textRelocationsTag) != nil || (reader.value(ELFDynamic.flagsTag) ?? 0) & 0x4 != 0
        let stack = segments.first { $0.kind == ELFSegment.stack }
        wantsExecutableStack = stack.map { $0.flags & 1 != 0 } ?? true
        hasWritableCode = segments.contains { $0.kind == ELFSegment.load && $0.flags & 3 == 3 }
        exportedSymbols = try reader.exportedSymbols()
        importedSymbols = try reader.importedSymbols()
    }

    private static func segments(_ file: ELFBytes) throws(ELFError) -> [ELFSegment] {
        let table = try file.offset(32)
        let size = Int(try file.word16(54))
        let count = Int(try file.word16(56))
        guard size == 56, count <= programHeadersMaximum else { throw ELFError("the program headers are damaged") }
        var segments: [ELFSegment] = []
        for index in 0..<count {
            let place = table + index * size
            segments.append(
                ELFSegment(
                    kind: try file.word32(place), flags: try file.word32(place + 4), offset: try file.offset(place + 8),
                    address: try file.word64(place + 16), bytes: try file.offset(place + 32)))
        }
        return segments
    }
}

/// Why a file is not a shared library that can be judged.
public struct ELFError: Error, Hashable, Sendable {
    /// A sentence without its end.
    public let message: String

    init(_ message: String) { self.message = message }
}

struct ELFSegment: Hashable, Sendable {
    static let load: UInt32 = 1
    static let dynamic: UInt32 = 2
    static let stack: UInt32 = 0x6474_E551

    var kind: UInt32
    var flags: UInt32
    var offset: Int
    var address: UInt64
    var bytes: Int
}

/// Numbers and texts at places of a file, every place checked.
struct ELFBytes: Sendable {
    let bytes: [UInt8]

    private func number(_ place: Int, bytes count: Int) throws(ELFError) -> UInt64 {
        guard place >= 0, place <= bytes.count - count else { throw ELFError("a place in the file lies outside of it") }
        var value: UInt64 = 0
        for index in (0..<count).reversed() { value = value << 8 | UInt64(bytes[place + index]) }
        return value
    }

    func byte(_ place: Int) throws(ELFError) -> UInt8 { UInt8(try number(place, bytes: 1)) }
    func word16(_ place: Int) throws(ELFError) -> UInt16 { UInt16(try number(place, bytes: 2)) }
    func word32(_ place: Int) throws(ELFError) -> UInt32 { UInt32(try number(place, bytes: 4)) }
    func word64(_ place: Int) throws(ELFError) -> UInt64 { try number(place, bytes: 8) }

    /// A 64-bit number that is used as a place or a size in the file.
    func offset(_ place: Int) throws(ELFError) -> Int {
        let value = try word64(place)
        guard value <= UInt64(bytes.count) else { throw ELFError("a place in the file lies outside of it") }
        return Int(value)
    }

    func text(_ place: Int) throws(ELFError) -> String {
        guard bytes.indices.contains(place) else { throw ELFError("a name lies outside of the file") }
        guard let end = bytes[place...].prefix(ELFImage.nameBytesMaximum + 1).firstIndex(of: 0) else {
            throw ELFError("a name has no end")
        }
        return String(decoding: bytes[place..<end], as: UTF8.self)
    }
}
