extension CBOR {
    /// Reads one whole value.
    ///
    /// Throws `ComponentError` (dataLoss) for bytes after it, for what Norn never writes (tags, indefinite lengths, keys
    /// that are no text, doubled keys, text that is no UTF-8), and past `maximumDepth` and `maximumBytes`. Longer heads and
    /// other orders of keys than the deterministic ones are read.
    public init(decoding bytes: [UInt8]) throws {
        self = try bytes.withUnsafeBytes { try CBOR(decoding: $0) }
    }

    public init(decoding bytes: UnsafeRawBufferPointer) throws {
        guard bytes.count <= CBOR.maximumBytes else { throw CBORReader.damaged("more than 64 MiB") }
        var reader = CBORReader(bytes: bytes)
        self = try reader.value(depth: 0)
        guard reader.position == bytes.count else { throw CBORReader.damaged("bytes after the value") }
    }
}

private struct CBORReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    static func damaged(_ what: String) -> ComponentError {
        ComponentError(.dataLoss, "This is not a CBOR value that Norn reads: \(what).")
    }

    mutating func value(depth: Int) throws -> CBOR {
        guard depth < CBOR.maximumDepth else { throw Self.damaged("nested deeper than \(CBOR.maximumDepth)") }
        guard position < bytes.count else { throw Self.damaged("it ends too early") }
        let initial = bytes[position]
        position += 1
        if initial >> 5 == 7 { return try simple(initial) }
        let argument = try argument(initial & 31)
        switch initial >> 5 {
        case 0: return CBOR(integer: argument)
        case 1:
            guard argument <= UInt64(Int64.max) else { throw Self.damaged("an integer below -2^63") }
            return .int(~Int64(argument))
        case 2: return .bytes(Array(try slice(argument)))
        case 3: return .text(try text(argument))
        case 4: return try array(argument, depth: depth)
        case 5: return try map(argument, depth: depth)
        default: throw Self.damaged("a tag")
        }
    }

    private mutating func simple(_ initial: UInt8) throws -> CBOR {
        switch initial & 31 {
        case 20: return .bool(false)
        case 21: return .bool(true)
        case 22: return .null
        case 25: return .double(Double(Float16(bitPattern: UInt16(try argument(25)))))
        case 26: return .double(Double(Float(bitPattern: UInt32(try argument(26)))))
        case 27: return .double(Double(bitPattern: try argument(27)))
        default: throw Self.damaged("a simple value")
        }
    }

    private mutating func argument(_ information: UInt8) throws -> UInt64 {
        guard information >= 24 else { return UInt64(information) }
        guard information <= 27 else { throw Self.damaged("an indefinite length") }
        return try slice(1 << UInt64(information - 24)).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func slice(_ count: UInt64) throws -> UnsafeRawBufferPointer {
        guard count <= UInt64(bytes.count - position) else { throw Self.damaged("it ends too early") }
        defer { position += Int(count) }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(count)])
    }

    private mutating func text(_ count: UInt64) throws -> String {
        guard let text = String(validating: try slice(count), as: UTF8.self) else {
            throw Self.damaged("text that is not UTF-8")
        }
        return text
    }

    /// Every element takes a byte at least, so a length that the input cannot hold reserves nothing.
    private func checkLength(_ count: UInt64) throws {
        guard count <= UInt64(bytes.count - position) else { throw Self.damaged("it ends too early") }
    }

    private mutating func array(_ count: UInt64, depth: Int) throws -> CBOR {
        try checkLength(count)
        var values: [CBOR] = []
        values.reserveCapacity(Int(count))
        for _ in 0..<count { values.append(try value(depth: depth + 1)) }
        return .array(values)
    }

    private mutating func map(_ count: UInt64, depth: Int) throws -> CBOR {
        try checkLength(count)
        var values: [String: CBOR] = [:]
        for _ in 0..<count {
            guard case .text(let key) = try value(depth: depth + 1) else { throw Self.damaged("a key that is no text") }
            guard values.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
                throw Self.damaged("a doubled key")
            }
        }
        return .map(values)
    }
}
