import CNornCrypto

public enum SHA512 {
    /// 64 bytes.
    public static func digest(_ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 64)
        try CryptoError.check(norn_sha512(bytes, bytes.count, &out))
        return out
    }
}
