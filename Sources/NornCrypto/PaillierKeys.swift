import CNornCrypto

/// The modulus n of a Paillier key pair, ready for arithmetic on ciphertexts.
///
/// Made from one's own private key or from bytes of a peer, which are checked. With `encrypts` it holds a table of about
/// 20 MB (at 2048 bits) that makes fresh encryptions about ten times faster; threads share it.
public final class PaillierPublicKey: @unchecked Sendable {
    // Sendable: the C object is complete when init returns and only read from then on.
    public static let minimumBits = Int(NORN_PAILLIER_MIN_BITS)
    public static let maximumBits = Int(NORN_PAILLIER_MAX_BITS)
    /// Shorter keys are possible for tests and old jobs; tell the user.
    public static let recommendedBits = 2048

    let key: OpaquePointer
    /// n, little endian: `bits / 8` bytes. What a peer needs.
    public let modulus: [UInt8]

    /// - Parameter modulus: little endian, whole 16-byte groups.
    public convenience init(modulus: [UInt8], encrypts: Bool = true) throws(CryptoError) {
        try self.init(modulus: modulus, encrypts: encrypts, isPortable: false)
    }

    /// - Parameter isPortable: leaves vector instructions unused, so that tests can compare.
    init(modulus: [UInt8], encrypts: Bool, isPortable: Bool) throws(CryptoError) {
        guard modulus.count % 16 == 0 else { throw .keySize(bits: modulus.count * 8) }
        let words = modulus.withUnsafeBytes { bytes in
            (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
        }
        var made: OpaquePointer?
        let status = norn_paillier_public_make(words, words.count, isPortable ? 1 : 0, &made)
        if status == NORN_CRYPTO_KEY_SIZE { throw .keySize(bits: modulus.count * 8) }
        try CryptoError.check(status)
        guard let made else { throw .outOfMemory }
        key = made
        self.modulus = modulus
        if encrypts { try CryptoError.check(norn_paillier_prepare(made)) }
    }

    deinit { norn_paillier_public_free(key) }

    public var bits: Int { modulus.count * 8 }
    var wordsPerCiphertext: Int { bits / 32 }
    /// Bytes of a ciphertext between parties.
    public var bytesPerCiphertext: Int { bits / 4 }
}

/// A Paillier key pair; the secret half is wiped when the last reference goes.
public final class PaillierPrivateKey: @unchecked Sendable {
    // Sendable: the C object is complete when init returns and only read from then on.
    let key: OpaquePointer
    public let bits: Int

    /// Generates primes p, q = 3 mod 4 with gcd(p - 1, q - 1) = 2.
    /// - Parameter bits: a multiple of 128 from `PaillierPublicKey.minimumBits` on.
    public convenience init(bits: Int = PaillierPublicKey.recommendedBits) throws(CryptoError) {
        try self.init(bits: bits, isPortable: false)
    }

    init(bits: Int, isPortable: Bool) throws(CryptoError) {
        guard let size = UInt32(exactly: bits) else { throw .keySize(bits: bits) }
        var made: OpaquePointer?
        let status = norn_paillier_generate(size, isPortable ? 1 : 0, &made)
        if status == NORN_CRYPTO_KEY_SIZE { throw .keySize(bits: bits) }
        try CryptoError.check(status)
        guard let made else { throw .outOfMemory }
        key = made
        self.bits = bits
    }

    deinit { norn_paillier_private_free(key) }

    /// n, little endian: what the peers need.
    public var modulus: [UInt8] {
        var words = [UInt64](repeating: 0, count: bits / 64)
        norn_paillier_private_modulus(key, &words)
        return words.withUnsafeBytes(Array.init)
    }
}
