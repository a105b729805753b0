/// What can grow in a CBOR text. Bytes beyond a limit are refused before they cost more.
public struct CBORLimits: Sendable {
    public var bytes: Int
    /// Arrays and maps inside one another.
    public var depth: Int

    public init(bytes: Int = 64 * 1024 * 1024, depth: Int = 64) {
        self.bytes = bytes
        self.depth = depth
    }
}

extension CBOR {
    /// Reads one value that takes all the bytes.
    ///
    /// Any width of integer and float is read. Indefinite lengths, tags, keys that are not text, duplicate keys and
    /// simple values other than false, true, null and undefined (read as null) are refused.
    /// - Parameter requireDeterministic: also refuse what `encoded()` would not write.
    public init(
        decoding bytes: some Sequence<UInt8>, requireDeterministic: Bool = false, limits: CBORLimits = CBORLimits()
    ) throws(CBORError) {
        var decoder = CBORDecoder(bytes: Array(bytes), limits: limits)
        self = try decoder.decodeDocument()
        if requireDeterministic, encoded() != decoder.bytes {
            throw CBORError(code: .notDeterministic, message: "the value is not in its deterministic form", offset: 0)
        }
    }

    /// Reads a CBOR sequence (RFC 8742): values one after the other.
    /// - Parameter maximum: more values than this are refused.
    public static func sequence(
        decoding bytes: some Sequence<UInt8>, maximum: Int, limits: CBORLimits = CBORLimits()
    ) throws(CBORError) -> [CBOR] {
        var decoder = CBORDecoder(bytes: Array(bytes), limits: limits)
        return try decoder.decodeSequence(maximum)
    }
}

private struct CBORDecoder {
    let bytes: [UInt8]
    let limits: CBORLimits
    var position = 0

    init(bytes: [UInt8], limits: CBORLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    func failure(_ code: CBORError.Code, _ message: String) -> CBORError {
        CBORError(code: code, message: message, offset: position)
    }

    mutating func decodeDocument() throws(CBORError) -> CBOR {
        guard bytes.count <= limits.bytes else {
            throw failure(.tooLarge, "\(bytes.count) bytes are more than the \(limits.bytes) allowed")
        }
        let value = try decodeValue(depth: 0)
        guard position == bytes.count else { throw failure(.trailingBytes, "there are bytes after the value") }
        return value
    }

    mutating func decodeSequence(_ maximum: Int) throws(CBORError) -> [CBOR] {
        guard bytes.count <= limits.bytes else {
            throw failure(.tooLarge, "\(bytes.count) bytes are more than the \(limits.bytes) allowed")
        }
        var values: [CBOR] = []
        while position < bytes.count {
            guard values.count < maximum else { throw failure(.tooLarge, "there are more than \(maximum) values") }
            values.append(try decodeValue(depth: 0))
        }
        return values
    }

    mutating func readByte() throws(CBORError) -> UInt8 {
        guard position < bytes.count else { throw failure(.truncated, "the bytes end inside a value") }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func readBigEndian(_ count: Int) throws(CBORError) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<count { value = value << 8 | UInt64(try readByte()) }
        return value
    }

    mutating func readArgument(_ information: UInt8) throws(CBORError) -> UInt64 {
        switch information {
        case 0..<24: return UInt64(information)
        case 24...27: return try readBigEndian(1 << Int(information - 24))
        default: throw failure(.unsupported, "indefinite lengths are not used here")
        }
    }

    /// A length that the remaining bytes can hold, so that a false one reserves no memory.
    mutating func readLength(_ information: UInt8, bytesEach: Int) throws(CBORError) -> Int {
        let value = try readArgument(information)
        guard value <= UInt64((bytes.count - position) / bytesEach) else {
            throw failure(.truncated, "a length reaches beyond the end")
        }
        return Int(value)
    }

    mutating func readBytes(_ count: Int) -> ArraySlice<UInt8> {
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func decodeText(_ information: UInt8) throws(CBORError) -> String {
        let count = try readLength(information, bytesEach: 1)
        guard let text = String(validating: readBytes(count), as: UTF8.self) else {
            throw failure(.badText, "a text is not UTF-8")
        }
        return text
    }

    mutating func decodeValue(depth: Int) throws(CBORError) -> CBOR {
        let head = try readByte()
        let information = head & 0x1F
        switch head >> 5 {
        case 0: return .int(try integer(readArgument(information)))
        case 1: return .int(-1 - (try integer(readArgument(information))))
        case 2:
            let count = try readLength(information, bytesEach: 1)
            return .bytes(Array(readBytes(count)))
        case 3: return .text(try decodeText(information))
        case 4:
            try checkDepth(depth)
            let count = try readLength(information, bytesEach: 1)
            var elements: [CBOR] = []
            elements.reserveCapacity(min(count, 4096))
            for _ in 0..<count { elements.append(try decodeValue(depth: depth + 1)) }
            return .array(elements)
        case 5: return try decodeMap(information, depth: depth)
        case 7: return try decodeSimple(information)
        default: throw failure(.unsupported, "tags are not used here")
        }
    }

    mutating func decodeMap(_ information: UInt8, depth: Int) throws(CBORError) -> CBOR {
        try checkDepth(depth)
        let count = try readLength(information, bytesEach: 2)
        var map: [String: CBOR] = [:]
        for _ in 0..<count {
            let head = try readByte()
            guard head >> 5 == 3 else { throw failure(.unsupported, "a map key is not text") }
            let key = try decodeText(head & 0x1F)
            guard map[key] == nil else { throw failure(.duplicateKey, "the key \"\(key)\" is there twice") }
            map[key] = try decodeValue(depth: depth + 1)
        }
        return .map(map)
    }

    mutating func decodeSimple(_ information: UInt8) throws(CBORError) -> CBOR {
        switch information {
        case 20: return .bool(false)
        case 21: return .bool(true)
        case 22, 23: return .null
        case 25: return .double(CBORDecoder.half(UInt16(try readBigEndian(2))))
        case 26: return .double(Double(Float(bitPattern: UInt32(try readBigEndian(4)))))
        case 27: return .double(Double(bitPattern: try readBigEndian(8)))
        default: throw failure(.unsupported, "this simple value is not used here")
        }
    }

    func checkDepth(_ depth: Int) throws(CBORError) {
        guard depth < limits.depth else {
            throw failure(.tooDeep, "values are nested deeper than \(limits.depth) levels")
        }
    }

    func integer(_ value: UInt64) throws(CBORError) -> Int {
        guard let integer = Int(exactly: value) else {
            throw failure(.unsupported, "an integer needs more than 64 bits")
        }
        return integer
    }

    /// A half-precision float (RFC 8949, appendix D), without the platform's Float16.
    static func half(_ bits: UInt16) -> Double {
        let exponent = Int(bits >> 10 & 0x1F)
        let fraction = Double(bits & 0x3FF)
        let sign: Double = bits & 0x8000 == 0 ? 1 : -1
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * (1 + fraction / 1024) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }
}
