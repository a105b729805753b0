import CNornCrypto

/// Residues of one modulus, `width` 64-bit limbs each, lowest first, one after the other.
public struct Residues: Sendable, Equatable {
    public internal(set) var limbs: [UInt64]
    public let width: Int

    public var count: Int { limbs.count / width }
    /// Little endian, as they travel.
    public var bytes: [UInt8] { limbs.withUnsafeBytes(Array.init) }

    init(limbs: [UInt64], width: Int) {
        self.limbs = limbs
        self.width = width
    }

    init(count: Int, width: Int) { self.init(limbs: [UInt64](repeating: 0, count: count * width), width: width) }
}

/// Numbers modulo a safe prime, or modulo an RSA modulus.
///
/// Modulo a safe prime p the squares are a group of prime order (p - 1) / 2, in which raising to secret powers commutes
/// (S. Pohlig and M. Hellman, "An improved algorithm for computing logarithms over GF(p)", 1978).
public final class ResidueGroup: @unchecked Sendable {
    // Sendable: the C object is complete when init returns and only read from then on.
    /// Sizes for which RFC 2409 (1024) and RFC 3526 give a safe prime.
    public static let safePrimeBits = [1024, 1536, 2048, 3072, 4096]
    /// Residues that one call of a loop's body works on.
    static let grain = 256

    let group: OpaquePointer
    public let width: Int
    private let hasSafePrime: Bool

    private init(limbs: [UInt64], hasSafePrime: Bool) throws(CryptoError) {
        var made: OpaquePointer?
        try CryptoError.check(norn_group_make(limbs, limbs.count, &made))
        guard let made else { throw .outOfMemory }
        group = made
        width = limbs.count
        self.hasSafePrime = hasSafePrime
    }

    /// The squares modulo the published safe prime of a size.
    public convenience init(safePrimeBits bits: Int) throws(CryptoError) {
        guard Self.safePrimeBits.contains(bits) else { throw .keySize(bits: bits) }
        var limbs = [UInt64](repeating: 0, count: bits / 64)
        try CryptoError.check(norn_safe_prime(UInt32(bits), &limbs))
        try self.init(limbs: limbs, hasSafePrime: true)
    }

    /// A peer's RSA modulus, little endian; refuses what no honest party makes.
    public convenience init(checkingModulus bytes: [UInt8]) throws(CryptoError) {
        guard bytes.count % 16 == 0, 128...512 ~= bytes.count else { throw .keySize(bits: bytes.count * 8) }
        try self.init(limbs: words(bytes), hasSafePrime: false)
        try CryptoError.check(norn_group_check_composite(group))
    }

    deinit { norn_group_free(group) }

    public var bits: Int { width * 64 }
    public var bytesEach: Int { width * 8 }

    /// Takes a peer's residues: each in 2 ... modulus - 2, prime to the modulus, and modulo a safe prime a square.
    public func residues(checking bytes: [UInt8], on loop: some ParallelLoop = SerialLoop()) throws -> Residues {
        guard bytes.count % bytesEach == 0 else {
            throw CryptoError.badLength(expected: bytes.count / bytesEach * bytesEach, found: bytes.count)
        }
        let residues = Residues(limbs: words(bytes), width: width)
        let squares: Int32 = hasSafePrime ? 1 : 0
        try loop.ranges(residues.count, grain: Self.grain) { [self] range in
            var bad = 0
            let status = residues.limbs.withUnsafeBufferPointer { limbs in
                limbs.baseAddress.map {
                    norn_group_check(group, $0 + range.lowerBound * width, range.count, squares, &bad)
                }
            }
            try CryptoError.check(status ?? NORN_CRYPTO_OK, index: range.lowerBound + bad)
        }
        return residues
    }

    /// A hash onto the whole group: of messages under a method, after a prefix that says what for.
    public func hash(
        _ messages: Messages, method: DigestMethod, prefix: [UInt8], on loop: some ParallelLoop = SerialLoop()
    ) throws -> Residues {
        let squares: Int32 = hasSafePrime ? 1 : 0
        return try filled(messages.count, on: loop) { [self] range, out in
            messages.offsets.withUnsafeBufferPointer { offsets in
                messages.bytes.withUnsafeBufferPointer { bytes in
                    guard let offsets = offsets.baseAddress else { return NORN_CRYPTO_OK }
                    // Messages without a byte have no address; nothing is read from the stand-in.
                    let start = bytes.baseAddress ?? UnsafeRawPointer(out).assumingMemoryBound(to: UInt8.self)
                    return norn_group_hash(
                        group, method.code, prefix, prefix.count, start, offsets + range.lowerBound, range.count,
                        squares, out)
                }
            }
        }
    }

    /// Fresh and uniform, prime to the modulus.
    public func random(_ count: Int) throws(CryptoError) -> Residues {
        var residues = Residues(count: count, width: width)
        try CryptoError.check(norn_group_random(group, count, &residues.limbs))
        return residues
    }

    public func multiply(
        _ left: Residues, _ right: Residues, on loop: some ParallelLoop = SerialLoop()
    ) throws -> Residues {
        guard left.count == right.count else {
            throw CryptoError.badLength(expected: left.count, found: right.count)
        }
        return try filled(left.count, on: loop) { [self] range, out in
            left.lend(range) { left in
                right.lend(range) { right in norn_group_multiply(group, left, right, range.count, out) }
            }
        }
    }

    /// Throws `badPoint` where a residue has none.
    public func inverses(of residues: Residues, on loop: some ParallelLoop = SerialLoop()) throws -> Residues {
        try filled(residues.count, on: loop) { [self] range, out in
            var bad = 0
            return residues.lend(range) { norn_group_invert(group, $0, range.count, out, &bad) }
        }
    }

    /// - Parameter exponent: little-endian limbs, secret
    func power(
        _ residues: Residues, exponent: [UInt64], bits: Int, on loop: some ParallelLoop = SerialLoop()
    ) throws -> Residues {
        try filled(residues.count, on: loop) { [self] range, out in
            residues.lend(range) { norn_group_power(group, exponent, bits, $0, range.count, out) }
        }
    }

    func filled(
        _ count: Int, on loop: some ParallelLoop,
        _ body: @escaping @Sendable (Range<Int>, UnsafeMutablePointer<UInt64>) throws -> norn_crypto_status
    ) throws -> Residues {
        var residues = Residues(count: count, width: width)
        let width = width
        try residues.limbs.withUnsafeMutableBufferPointer { limbs in
            guard let start = limbs.baseAddress, count > 0 else { return }
            let output = Shared(start)
            try loop.ranges(count, grain: Self.grain) { range in
                try CryptoError.check(
                    try body(range, output.pointer + range.lowerBound * width), index: range.lowerBound)
            }
        }
        return residues
    }
}

extension Residues {
    /// Lends the limbs from a range's first residue on.
    func lend(
        _ range: Range<Int>, _ body: (UnsafePointer<UInt64>) -> norn_crypto_status
    ) -> norn_crypto_status {
        limbs.withUnsafeBufferPointer { limbs in
            limbs.baseAddress.map { body($0 + range.lowerBound * width) } ?? NORN_CRYPTO_OK
        }
    }
}

/// Little-endian bytes as limbs.
func words(_ bytes: [UInt8]) -> [UInt64] {
    bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
    }
}
