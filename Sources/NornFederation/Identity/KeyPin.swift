import Crypto
import Foundation
import NIOSSL

/// The SHA-256 of a public key (SubjectPublicKeyInfo, DER): what a peer is known by, whatever its certificate says.
public struct KeyPin: Hashable, Sendable, Codable, CustomStringConvertible {
    /// 64 hexadecimal digits.
    public let hexadecimal: String

    init(publicKeyInfo: some Sequence<UInt8>) {
        var hash = SHA256()
        hash.update(data: Array(publicKeyInfo))
        let digits = Array("0123456789abcdef".utf8)
        hexadecimal = String(
            decoding: hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Reads `sha256:<64 hexadecimal digits>`; nil for any other text.
    public init?(_ text: String) {
        let lowered = text.lowercased()
        guard lowered.hasPrefix(Self.prefix) else { return nil }
        let digits = lowered.dropFirst(Self.prefix.count)
        guard digits.utf8.count == 64, digits.utf8.allSatisfy({ Self.hexadecimalDigits.contains($0) }) else {
            return nil
        }
        hexadecimal = String(digits)
    }

    /// The pin of a certificate's key; nil when the key is of a kind that cannot be read.
    init?(_ certificate: NIOSSLCertificate) {
        guard let bytes = try? certificate.extractPublicKey().toSPKIBytes() else { return nil }
        self.init(publicKeyInfo: bytes)
    }

    public var description: String { Self.prefix + hexadecimal }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let pin = KeyPin(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is not sha256: and 64 hexadecimal digits")
        }
        self = pin
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    private static let prefix = "sha256:"
    private static let hexadecimalDigits = Set("0123456789abcdef".utf8)
}
