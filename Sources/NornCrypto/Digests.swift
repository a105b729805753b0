import CNornCrypto

/// The digests that jobs may name.
public enum DigestMethod: String, Sendable, CaseIterable {
    case sha224, sha256, sha384, sha512, sm3

    var code: Int32 {
        switch self {
        case .sha224: NORN_DIGEST_SHA224
        case .sha256: NORN_DIGEST_SHA256
        case .sha384: NORN_DIGEST_SHA384
        case .sha512: NORN_DIGEST_SHA512
        case .sm3: NORN_DIGEST_SM3
        }
    }

    /// Bytes of a digest.
    public var byteCount: Int { norn_digest_size(code) }

    /// The digests of prefix and message, for many messages, one after the other.
    public func digests(of messages: Messages, prefix: [UInt8] = []) throws(CryptoError) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: messages.count * byteCount)
        try CryptoError.check(
            norn_digest_many(code, prefix, prefix.count, messages.bytes, messages.offsets, messages.count, &out))
        return out
    }
}

/// Byte strings of any length, one after the other.
public struct Messages: Sendable {
    public private(set) var bytes: [UInt8] = []
    /// Where each begins, and the end: one more than there are messages.
    public private(set) var offsets: [UInt32] = [0]

    public init() {}

    /// Cuts `bytes` into messages of one length.
    public init(_ bytes: [UInt8], bytesEach: Int) {
        precondition(bytesEach > 0 && bytes.count % bytesEach == 0 && bytes.count <= Int(UInt32.max))
        self.bytes = bytes
        offsets = (0...bytes.count / bytesEach).map { UInt32($0 * bytesEach) }
    }

    public var count: Int { offsets.count - 1 }

    /// More than 4 GiB together is a programming error: callers work block by block.
    public mutating func append(_ message: some Sequence<UInt8>) {
        bytes.append(contentsOf: message)
        offsets.append(UInt32(bytes.count))
    }
}
