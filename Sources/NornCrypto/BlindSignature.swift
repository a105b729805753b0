import CNornCrypto

/// An RSA key pair (e = 65537) for blind signatures of full-domain hashes; wiped when the last reference goes.
///
/// D. Chaum, "Blind signatures for untraceable payments", 1983: who wants h signed sends r^e h for a fresh r, gets
/// r h^d, and divides by r.
public final class BlindSigner: @unchecked Sendable {
    // Sendable: the C object is complete when init returns and only read from then on.
    private let key: OpaquePointer
    public let bits: Int

    /// Fresh primes from the system's generator.
    /// - Parameter bits: a multiple of 128 from 1024 to 4096
    public init(bits: Int) throws(CryptoError) {
        var made: OpaquePointer?
        let status = norn_rsa_generate(UInt32(exactly: bits) ?? 0, &made)
        if status == NORN_CRYPTO_KEY_SIZE { throw .keySize(bits: bits) }
        try CryptoError.check(status)
        guard let made else { throw .outOfMemory }
        key = made
        self.bits = bits
    }

    /// The key that `primes` gave: a party's own, kept with its cache.
    public init(primes: [UInt8]) throws(CryptoError) {
        bits = primes.count * 8
        guard bits % 128 == 0, bits > 0 else { throw .keySize(bits: bits) }
        let limbs = words(primes)
        let half = limbs.count / 2
        var made: OpaquePointer?
        let status = norn_rsa_make(Array(limbs[..<half]), Array(limbs[half...]), half, &made)
        if status == NORN_CRYPTO_KEY_SIZE { throw .keySize(bits: bits) }
        try CryptoError.check(status)
        guard let made else { throw .outOfMemory }
        key = made
    }

    deinit { norn_rsa_free(key) }

    /// Little endian: what the peers need.
    public var modulus: [UInt8] {
        var limbs = [UInt64](repeating: 0, count: bits / 64)
        norn_rsa_modulus(key, &limbs)
        return limbs.withUnsafeBytes(Array.init)
    }

    /// Secret: both primes, little endian, one after the other.
    public var primes: [UInt8] {
        var p = [UInt64](repeating: 0, count: bits / 128)
        var q = p
        norn_rsa_primes(key, &p, &q)
        return (p + q).withUnsafeBytes(Array.init)
    }

    /// - Parameter residues: of `ResidueGroup(checkingModulus: modulus)`
    public func sign(
        _ residues: Residues, in group: ResidueGroup, on loop: some ParallelLoop = SerialLoop()
    ) throws -> Residues {
        guard group.width * 64 == bits else { throw CryptoError.badLength(expected: bits / 64, found: group.width) }
        return try group.filled(residues.count, on: loop) { [self] range, out in
            residues.lend(range) { norn_rsa_sign(key, $0, range.count, out) }
        }
    }
}

/// Fresh blinding factors of some residues under a peer's RSA modulus.
public struct Blinding: Sendable {
    private static let exponent: [UInt64] = [UInt64(NORN_RSA_EXPONENT)]
    private static let exponentBits = 17

    private let hashes: Residues
    private let factors: Residues
    /// What the signer gets.
    public let blinded: Residues

    /// Every factor is uniform and used once.
    public init(_ hashes: Residues, in group: ResidueGroup, on loop: some ParallelLoop = SerialLoop()) throws {
        self.hashes = hashes
        factors = try group.random(hashes.count)
        let powers = try group.power(factors, exponent: Self.exponent, bits: Self.exponentBits, on: loop)
        blinded = try group.multiply(powers, hashes, on: loop)
    }

    /// The signatures of the hashes. Throws `badPoint` where the signer's answer is none.
    public func signatures(
        from signed: Residues, in group: ResidueGroup, on loop: some ParallelLoop = SerialLoop()
    ) throws -> Residues {
        guard signed.count == hashes.count else {
            throw CryptoError.badLength(expected: hashes.count, found: signed.count)
        }
        let signatures = try group.multiply(signed, group.inverses(of: factors, on: loop), on: loop)
        let opened = try group.power(signatures, exponent: Self.exponent, bits: Self.exponentBits, on: loop)
        guard opened == hashes else {
            let wrong = zip(opened.limbs, hashes.limbs).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
            throw CryptoError.badPoint(index: wrong / group.width)
        }
        return signatures
    }
}
