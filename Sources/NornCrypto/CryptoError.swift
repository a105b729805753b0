import CNornCrypto

/// What a cryptographic operation refused or could not do. Says nothing about values or keys.
public enum CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
    case outOfMemory
    /// The kernel gave no random bytes.
    case noRandomness
    case keySize(bits: Int)
    /// A modulus that no honest party makes: even, prime, a power, or with a small factor.
    case badKey
    /// A ciphertext that is zero, not below n², or shares a factor with n.
    case badCiphertext(index: Int)
    /// A point of low order, or bytes that are no canonical coordinate.
    case badPoint(index: Int)
    /// A number that the encoding or the plaintext space cannot hold.
    case outOfRange(index: Int)
    /// Lengths that do not go together: a programming error of the caller, or a message cut short.
    case badLength(expected: Int, found: Int)

    public var description: String {
        switch self {
        case .outOfMemory: "No memory for a cryptographic operation."
        case .noRandomness: "The system gave no random bytes."
        case .keySize(let bits):
            "A key of \(bits) bits is not supported: take a multiple of 128 from "
                + "\(PaillierPublicKey.minimumBits) to \(PaillierPublicKey.maximumBits)."
        case .badKey: "This is no modulus that an honest party makes."
        case .badCiphertext(let index): "Ciphertext \(index) is not one under this key."
        case .badPoint(let index):
            "Point \(index) is not one of the group: not canonical, out of range, or of low order."
        case .outOfRange(let index): "Number \(index) is too large for its encoding."
        case .badLength(let expected, let found): "\(found) values or bytes were given where \(expected) are needed."
        }
    }

    /// - Parameter index: what the C function wrote as the position of the first bad item.
    static func check(_ status: norn_crypto_status, index: Int = 0) throws(CryptoError) {
        switch status {
        case NORN_CRYPTO_OK: return
        case NORN_CRYPTO_NO_RANDOMNESS: throw .noRandomness
        case NORN_CRYPTO_BAD_KEY: throw .badKey
        case NORN_CRYPTO_BAD_CIPHERTEXT: throw .badCiphertext(index: index)
        case NORN_CRYPTO_BAD_POINT: throw .badPoint(index: index)
        case NORN_CRYPTO_OUT_OF_RANGE: throw .outOfRange(index: index)
        case NORN_CRYPTO_BAD_ARGUMENT: throw .badLength(expected: 0, found: 0)
        default: throw .outOfMemory
        }
    }
}
