import CNornCrypto

/// The system's cryptographically secure generator (getrandom).
public struct SystemRandomness: RandomNumberGenerator {
    public init() {}

    public static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try CryptoError.check(norn_random_fill(&bytes, count))
        return bytes
    }

    public mutating func next() -> UInt64 {
        var word: UInt64 = 0
        // getrandom of eight bytes fails only where no secure randomness exists at all; going on would be worse.
        guard norn_random_fill(&word, 8) == NORN_CRYPTO_OK else { fatalError("The system gave no random bytes.") }
        return word
    }
}
