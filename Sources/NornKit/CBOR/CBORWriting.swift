extension CBOR {
    /// Deterministic encoding (RFC 8949, 4.2.1): shortest heads, definite lengths, keys sorted by their encoded bytes;
    /// doubles always in 64 bits, so that a value's type survives.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(0xf6)
        case .bool(let value): bytes.append(value ? 0xf5 : 0xf4)
        case .int(let value) where value >= 0: Self.appendHead(0, UInt64(value), to: &bytes)
        case .int(let value): Self.appendHead(1, UInt64(bitPattern: ~value), to: &bytes)
        case .unsigned(let value): Self.appendHead(0, value, to: &bytes)
        case .double(let value):
            bytes.append(0xfb)
            Self.appendBigEndian(value.bitPattern, count: 8, to: &bytes)
        case .text(let value):
            var value = value
            value.withUTF8 { text in
                Self.appendHead(3, UInt64(text.count), to: &bytes)
                bytes.append(contentsOf: text)
            }
        case .bytes(let value):
            Self.appendHead(2, UInt64(value.count), to: &bytes)
            bytes.append(contentsOf: value)
        case .array(let values):
            Self.appendHead(4, UInt64(values.count), to: &bytes)
            for value in values { value.append(to: &bytes) }
        case .map(let values):
            Self.appendHead(5, UInt64(values.count), to: &bytes)
            for (key, value) in values.sorted(by: { Self.keyPrecedes($0.key, $1.key) }) {
                CBOR.text(key).append(to: &bytes)
                value.append(to: &bytes)
            }
        }
    }

    /// A shorter text has a smaller head, so length decides first.
    static func keyPrecedes(_ left: String, _ right: String) -> Bool {
        left.utf8.count != right.utf8.count
            ? left.utf8.count < right.utf8.count : left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private static func appendHead(_ major: UInt8, _ argument: UInt64, to bytes: inout [UInt8]) {
        let type = major << 5
        switch argument {
        case 0..<24: bytes.append(type | UInt8(argument))
        case 24...0xff:
            bytes.append(type | 24)
            bytes.append(UInt8(argument))
        case 0x100...0xffff:
            bytes.append(type | 25)
            appendBigEndian(argument, count: 2, to: &bytes)
        case 0x1_0000...0xffff_ffff:
            bytes.append(type | 26)
            appendBigEndian(argument, count: 4, to: &bytes)
        default:
            bytes.append(type | 27)
            appendBigEndian(argument, count: 8, to: &bytes)
        }
    }

    private static func appendBigEndian(_ value: UInt64, count: Int, to bytes: inout [UInt8]) {
        for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }
}
