import NornABI

/// A row's key. In tables it is a tag byte and a payload, so that keys of one kind sort as people expect:
/// `0x01` and UTF-8 text, or `0x02` and eight big-endian bytes of the integer plus 2^63. At most 511 bytes encoded.
///
/// Keys are equal and ordered as their encoded bytes are (memcmp, then length), the order of every table.
public enum Key: Sendable {
    case text(String)
    case int(Int64)
    /// Encoded bytes of neither form, as they are in the table.
    case raw([UInt8])
}

extension Key {
    public static let maximumBytes = Int(NORN_KEY_MAX_BYTES)
    @usableFromInline static let textTag: UInt8 = 1
    @usableFromInline static let integerTag: UInt8 = 2

    public static func int(_ value: Int) -> Key { .int(Int64(value)) }

    public init(encoded bytes: UnsafeRawBufferPointer) {
        switch bytes.first {
        case Key.textTag:
            let payload = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
            self = String(validating: payload, as: UTF8.self).map(Key.text) ?? .raw(Array(bytes))
        case Key.integerTag where bytes.count == 9:
            let offset = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt64.self))
            self = .int(Int64(bitPattern: offset ^ 1 << 63))
        default:
            self = .raw(Array(bytes))
        }
    }

    /// The bytes in the table.
    public var encoded: [UInt8] {
        switch self {
        case .text(let text): [Key.textTag] + text.utf8
        case .int(let value):
            withUnsafeBytes(of: (UInt64(bitPattern: value) ^ 1 << 63).bigEndian) { [Key.integerTag] + $0 }
        case .raw(let bytes): bytes
        }
    }

    /// Appends the encoded bytes; throws `outOfRange` for an empty key or one of more than 511 bytes.
    @inlinable
    func write(to buffer: inout RowBuffer) throws {
        let start = buffer.count
        switch self {
        case .text(var text):
            buffer.append(Key.textTag)
            text.withUTF8 { buffer.append(contentsOf: UnsafeRawBufferPointer($0)) }
        case .int(let value):
            buffer.append(Key.integerTag)
            buffer.append((UInt64(bitPattern: value) ^ 1 << 63).bigEndian)
        case .raw(let bytes):
            bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
        }
        let count = buffer.count - start
        guard 1...Key.maximumBytes ~= count else { throw Key.badLength(count) }
    }

    @usableFromInline
    static func badLength(_ count: Int) -> ComponentError {
        ComponentError(
            .outOfRange, "A key has \(count) bytes; 1 to \(Key.maximumBytes) are possible. Use shorter ids.",
            fault: .user)
    }
}

extension Key: Hashable, Comparable, CustomStringConvertible {
    public static func == (left: Key, right: Key) -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
        case (.int(let left), .int(let right)): left == right
        default: left.encoded == right.encoded
        }
    }

    public static func < (left: Key, right: Key) -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.int(let left), .int(let right)): left < right
        default: left.encoded.lexicographicallyPrecedes(right.encoded)
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .int(let value): hasher.combine(value)
        // Raw bytes may spell a text's or an integer's key, which then must hash alike.
        case .text, .raw: encoded.withUnsafeBytes { Key.hashBytes($0, into: &hasher) }
        }
    }

    private static func hashBytes(_ bytes: UnsafeRawBufferPointer, into hasher: inout Hasher) {
        if case .int(let value) = Key(encoded: bytes) { hasher.combine(value) } else { hasher.combine(bytes: bytes) }
    }

    public var description: String {
        switch self {
        case .text(let text): text
        case .int(let value): String(value)
        case .raw(let bytes): "0x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }
}

extension Key: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
}
