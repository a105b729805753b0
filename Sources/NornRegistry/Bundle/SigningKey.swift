import Crypto
import Foundation

/// An ed25519 key (RFC 8032) that publishers sign bundles with.
public struct SigningKey: Sendable {
    static let mark = "norn-signing-key-1"
    static let fileBytesMaximum = 4096

    private let key: Curve25519.Signing.PrivateKey

    /// A new one, from the system's generator.
    public init() { key = Curve25519.Signing.PrivateKey() }

    /// Reads what `text` wrote; nil for anything else.
    public init?(text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == Self.mark, let bytes = Hexadecimal.bytes(String(words[1])),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        else { return nil }
        self.key = key
    }

    /// One line: a mark, and the 32 bytes of the seed in hexadecimal. A secret.
    public var text: String { "\(Self.mark) \(Hexadecimal.text(key.rawRepresentation))\n" }

    public var publicKey: PublisherKey { PublisherKey(bytes: Array(key.publicKey.rawRepresentation)) }

    func signature(of bytes: [UInt8]) throws(BundleError) -> [UInt8] {
        do {
            return Array(try key.signature(for: bytes))
        } catch {
            throw .signature("it could not be made")
        }
    }
}

/// The public half of a signing key: who published a bundle.
public struct PublisherKey: Hashable, Sendable, CustomStringConvertible {
    static let prefix = "ed25519:"

    /// 32 bytes.
    let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Reads `ed25519:` and 64 hexadecimal digits; nil for anything else.
    public init?(text: String) {
        guard text.hasPrefix(Self.prefix), let bytes = Hexadecimal.bytes(String(text.dropFirst(Self.prefix.count))),
            bytes.count == 32
        else { return nil }
        self.bytes = bytes
    }

    public var description: String { Self.prefix + Hexadecimal.text(bytes) }

    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
        return key?.isValidSignature(signature, for: message) ?? false
    }
}

enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Nil for a text that is not pairs of lowercase hexadecimal digits.
    static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2), digits.allSatisfy(Set("0123456789abcdef".utf8).contains) else {
            return nil
        }
        func value(_ digit: UInt8) -> UInt8 { digit < 0x3A ? digit - 0x30 : digit - 0x57 }
        return stride(from: 0, to: digits.count, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
    }
}
