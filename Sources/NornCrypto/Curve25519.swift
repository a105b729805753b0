import CNornCrypto

/// Points of curve25519 as 32-byte u-coordinates, one after the other.
public struct CurvePoints: Sendable, Equatable {
    public static let bytesEach = Int(NORN_POINT_BYTES)
    public internal(set) var bytes: [UInt8]

    public var count: Int { bytes.count / Self.bytesEach }

    init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// Takes a peer's points: refuses coordinates that are not canonical, all zero, or of low order (with which a peer
    /// would learn about the scalar or make everything equal).
    public init(checking bytes: [UInt8]) throws(CryptoError) {
        guard bytes.count % Self.bytesEach == 0 else {
            throw .badLength(expected: bytes.count / Self.bytesEach * Self.bytesEach, found: bytes.count)
        }
        var bad = 0
        try CryptoError.check(norn_x25519_check(bytes, bytes.count / Self.bytesEach, &bad), index: bad)
        self.bytes = bytes
    }

    public func point(_ index: Int) -> CurvePoint {
        bytes.withUnsafeBytes { bytes in
            CurvePoint(words: bytes.loadUnaligned(fromByteOffset: index * Self.bytesEach, as: SIMD4<UInt64>.self))
        }
    }

    public subscript(index: Int) -> ArraySlice<UInt8> {
        bytes[index * Self.bytesEach..<(index + 1) * Self.bytesEach]
    }

    /// RFC 9380 hash to curve25519 (`curve25519_XMD:SHA-512_ELL2_NU_`), u-coordinate only. The cofactor is left in:
    /// every X25519 scalar clears it.
    /// - Parameters:
    ///   - messages: the messages' bytes, one after the other
    ///   - offsets: where each begins, and the end: one more than there are messages
    ///   - tag: says what for, so that points of two protocols or two jobs never meet; 1 to 255 bytes
    public init(
        hashing messages: [UInt8], offsets: [UInt32], tag: [UInt8], on loop: some ParallelLoop = SerialLoop()
    ) throws {
        let count = max(0, offsets.count - 1)
        guard 1...255 ~= tag.count else { throw CryptoError.badLength(expected: 255, found: tag.count) }
        let isOrdered = zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 }
        guard isOrdered, Int(offsets.last ?? 0) <= messages.count else {
            throw CryptoError.badLength(expected: Int(offsets.last ?? 0), found: messages.count)
        }
        bytes = try Self.filled(count, on: loop) { range, out in
            try messages.withUnsafeBufferPointer { messages in
                try offsets.withUnsafeBufferPointer { offsets in
                    guard let offsets = offsets.baseAddress else { return }
                    // Messages without a byte have no address; nothing is read from the stand-in.
                    let start = messages.baseAddress ?? UnsafePointer(out)
                    try CryptoError.check(
                        norn_hash_to_curve25519(
                            start, offsets + range.lowerBound, range.count, tag, tag.count, out))
                }
            }
        }
    }

    /// Makes `count` points, range by range.
    static func filled(
        _ count: Int, on loop: some ParallelLoop,
        _ body: @escaping @Sendable (Range<Int>, UnsafeMutablePointer<UInt8>) throws -> Void
    ) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count * bytesEach)
        try bytes.withUnsafeMutableBufferPointer { bytes in
            guard let start = bytes.baseAddress, count > 0 else { return }
            let output = Shared(start)
            try loop.ranges(count, grain: 2048) { try body($0, output.pointer + $0.lowerBound * bytesEach) }
        }
        return bytes
    }
}

/// One point, to look up in sets and dictionaries.
public struct CurvePoint: Sendable, Hashable {
    let words: SIMD4<UInt64>

    /// One word of a coordinate that went through a secret scalar is as good as random.
    public func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }
}

/// A secret X25519 scalar (RFC 7748). Multiplications with two of them commute.
public struct CurveScalar: Sendable {
    private let bytes: [UInt8]

    /// A fresh one from the system's generator.
    public init() throws(CryptoError) {
        var bytes = [UInt8](repeating: 0, count: 32)
        try CryptoError.check(norn_random_fill(&bytes, bytes.count))
        self.bytes = bytes
    }

    /// 32 bytes that `secret` gave: a party's own, kept with its cache; or test vectors.
    public init(bytes: [UInt8]) {
        precondition(bytes.count == 32)
        self.bytes = bytes
    }

    /// The scalar itself.
    public var secret: [UInt8] { bytes }

    /// The points times the scalar. Throws `badPoint` where the result is zero.
    public func multiply(_ points: CurvePoints, on loop: some ParallelLoop = SerialLoop()) throws -> CurvePoints {
        try multiply(points, isPortable: false, on: loop)
    }

    /// - Parameter isPortable: leaves vector instructions unused, so that tests can compare.
    func multiply(
        _ points: CurvePoints, isPortable: Bool, on loop: some ParallelLoop = SerialLoop()
    ) throws -> CurvePoints {
        let bytes = bytes
        return CurvePoints(
            unchecked: try CurvePoints.filled(points.count, on: loop) { range, out in
                try points.bytes.withUnsafeBufferPointer { points in
                    guard let start = points.baseAddress else { return }
                    var bad = 0
                    let status = norn_x25519_many(
                        bytes, start + range.lowerBound * CurvePoints.bytesEach, range.count, isPortable ? 1 : 0, out,
                        &bad)
                    try CryptoError.check(status, index: range.lowerBound + bad)
                }
            })
    }
}
