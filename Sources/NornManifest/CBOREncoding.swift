extension CBOR {
    /// The deterministic form (RFC 8949, 4.2): shortest integers and lengths, map keys sorted bytewise by their
    /// encoded form. Doubles are always 64-bit floats, so that a number keeps its type.
    public func encoded() -> [UInt8] {
        var output: [UInt8] = []
        encode(into: &output)
        return output
    }

    private func encode(into output: inout [UInt8]) {
        switch self {
        case .null: output.append(0xF6)
        case .bool(let value): output.append(value ? 0xF5 : 0xF4)
        case .int(let value):
            if value >= 0 {
                CBOR.writeHead(0, UInt64(value), into: &output)
            } else {
                CBOR.writeHead(1, UInt64(bitPattern: Int64(-1 - value)), into: &output)
            }
        case .double(let value):
            output.append(0xFB)
            CBOR.writeBigEndian((value.isNaN ? .nan : value).bitPattern, bytes: 8, into: &output)
        case .text(let value):
            CBOR.writeHead(3, UInt64(value.utf8.count), into: &output)
            output.append(contentsOf: value.utf8)
        case .bytes(let value):
            CBOR.writeHead(2, UInt64(value.count), into: &output)
            output.append(contentsOf: value)
        case .array(let elements):
            CBOR.writeHead(4, UInt64(elements.count), into: &output)
            for element in elements { element.encode(into: &output) }
        case .map(let map):
            CBOR.writeHead(5, UInt64(map.count), into: &output)
            // A text's head holds its length, so encoded order is: shorter first, then bytewise.
            for (key, value) in map.sorted(by: { CBOR.keyPrecedes($0.key, $1.key) }) {
                CBOR.text(key).encode(into: &output)
                value.encode(into: &output)
            }
        }
    }

    private static func keyPrecedes(_ left: String, _ right: String) -> Bool {
        let (leftCount, rightCount) = (left.utf8.count, right.utf8.count)
        return leftCount == rightCount ? left.utf8.lexicographicallyPrecedes(right.utf8) : leftCount < rightCount
    }

    private static func writeHead(_ major: UInt8, _ value: UInt64, into output: inout [UInt8]) {
        switch value {
        case 0..<24: output.append(major << 5 | UInt8(value))
        case 24...0xFF:
            output.append(major << 5 | 24)
            output.append(UInt8(value))
        case 0x100...0xFFFF:
            output.append(major << 5 | 25)
            writeBigEndian(value, bytes: 2, into: &output)
        case 0x1_0000...0xFFFF_FFFF:
            output.append(major << 5 | 26)
            writeBigEndian(value, bytes: 4, into: &output)
        default:
            output.append(major << 5 | 27)
            writeBigEndian(value, bytes: 8, into: &output)
        }
    }

    private static func writeBigEndian(_ value: UInt64, bytes: Int, into output: inout [UInt8]) {
        for shift in stride(from: (bytes - 1) * 8, through: 0, by: -8) {
            output.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }
}
