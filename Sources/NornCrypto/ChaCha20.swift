import CNornCrypto

public enum ChaCha20 {
    /// The key stream of ChaCha20 (RFC 8439) as little-endian words, from block 0 with a nonce of zero. A key is for one
    /// stream only.
    /// - Parameter key: 32 bytes
    public static func words(_ count: Int, key: [UInt8]) throws(CryptoError) -> [UInt64] {
        guard key.count == 32 else { throw .badLength(expected: 32, found: key.count) }
        var bytes = [UInt8](repeating: 0, count: count * 8)
        try CryptoError.check(norn_chacha20(key, &bytes, bytes.count))
        return bytes.withUnsafeBytes { bytes in
            (0..<count).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
    }
}
