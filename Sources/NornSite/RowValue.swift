/// First bytes of the values that `RowEncoder` writes whole (RFC 8949, section 3).
enum RowByte: UInt8 {
    /// With a length of four bytes.
    case list = 0x9A
    case map = 0xBA
    case `false` = 0xF4
    case `true` = 0xF5
    case null = 0xF6
    case double = 0xFB
}

struct RowKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

/// A value as `RowEncoder` wrote it.
indirect enum RowValue {
    /// Containers within each other.
    static let depthMaximum = 64

    case null
    case bool(Bool)
    case unsigned(UInt64)
    case negative(Int64)
    case double(Double)
    case text(String)
    case list([RowValue])
    case map([String: RowValue])

    /// - Throws: `DecodingError.dataCorrupted` for bytes that are not one whole value.
    init(_ bytes: some Sequence<UInt8>) throws {
        var reader = RowReader(bytes: Array(bytes))
        self = try reader.value(depth: 0)
        guard reader.isAtEnd else { throw RowReader.damaged }
    }
}

private struct RowReader {
    let bytes: [UInt8]
    private var place = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    static var damaged: DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: [], debugDescription: "the row is not whole"))
    }

    var isAtEnd: Bool { place == bytes.count }

    private mutating func number(_ count: Int) throws -> UInt64 {
        guard bytes.count - place >= count else { throw Self.damaged }
        defer { place += count }
        return bytes[place..<place + count].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Of a list or a map, each of whose elements takes a byte at least: a damaged one asks for no memory.
    private mutating func length() throws -> Int {
        let count = try number(4)
        guard count <= UInt64(bytes.count - place) else { throw Self.damaged }
        return Int(count)
    }

    mutating func value(depth: Int) throws -> RowValue {
        guard depth < RowValue.depthMaximum else { throw Self.damaged }
        let first = UInt8(try number(1))
        switch RowByte(rawValue: first) {
        case .null: return .null
        case .false: return .bool(false)
        case .true: return .bool(true)
        case .double:
            // What is no number has no place in a message of a peer, nor in a row.
            let found = Double(bitPattern: try number(8))
            guard found.isFinite else { throw Self.damaged }
            return .double(found)
        case .list: return .list(try (0..<length()).map { _ in try value(depth: depth + 1) })
        case .map:
            var members: [String: RowValue] = [:]
            for _ in 0..<(try length()) {
                guard case .text(let key) = try value(depth: depth + 1) else { throw Self.damaged }
                members[key] = try value(depth: depth + 1)
            }
            return .map(members)
        case nil: break
        }
        let argument = try argument(first & 31)
        switch first >> 5 {
        case 0: return .unsigned(argument)
        case 1:
            guard argument <= UInt64(Int64.max) else { throw Self.damaged }
            return .negative(-1 - Int64(argument))
        case 3: return .text(try text(argument))
        default: throw Self.damaged
        }
    }

    private mutating func argument(_ code: UInt8) throws -> UInt64 {
        switch code {
        case 0..<24: UInt64(code)
        case 24: try number(1)
        case 25: try number(2)
        case 27: try number(8)
        default: throw Self.damaged
        }
    }

    private mutating func text(_ count: UInt64) throws -> String {
        guard count <= UInt64(bytes.count - place) else { throw Self.damaged }
        let end = place + Int(count)
        defer { place = end }
        guard let text = String(validating: bytes[place..<end], as: UTF8.self) else { throw Self.damaged }
        return text
    }
}
