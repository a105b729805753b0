import Crypto

/// The signature of a plugin's folder: `digests` lists its files with their SHA-256, as `sha256sum` does, and
/// `signature` holds the publisher's key and the ed25519 signature (RFC 8032) of that list, in words.
struct PluginSignature: Sendable {
    static let listName = "digests"
    static let signatureName = "signature"
    static let listBytesMaximum = 1024 * 1024
    static let signatureBytesMaximum = 4096
    /// Before the list in what is signed: a signature for something else can be none for a plugin.
    static let signedPrefix = "norn-bundle-1\n"

    /// As `PluginTrust.publishers` has it.
    let publisher: String
    private let digests: [String: String]

    /// Reads and checks the signature of a folder; nil when there is none.
    /// - Throws: `signature` for one that does not hold.
    init?(_ folder: PluginFolder, plugin: String) throws(AdmissionError) {
        let path = "\(folder.path)/\(Self.signatureName)"
        guard FileSystem.exists(path) else { return nil }
        func refusal(_ message: String) -> AdmissionError {
            AdmissionError(.signature, plugin: plugin, path: path, message, "Get the plugin again from its publisher.")
        }
        let list = try folder.read(Self.listName, bytesMaximum: Self.listBytesMaximum, plugin: plugin)
        let text = try folder.read(Self.signatureName, bytesMaximum: Self.signatureBytesMaximum, plugin: plugin)
        let words = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count == 2, words[0].hasPrefix(PluginTrust.keyPrefix),
            let key = Self.bytes(words[0].dropFirst(PluginTrust.keyPrefix.count)), let signature = Self.bytes(words[1]),
            let publicKey = try? Curve25519.Signing.PublicKey(rawRepresentation: key)
        else { throw refusal("the signature is not a key and 64 bytes in hexadecimal digits") }
        guard publicKey.isValidSignature(signature, for: Array(Self.signedPrefix.utf8) + list) else {
            throw refusal("the signature does not hold for the list of digests")
        }
        publisher = words[0]
        digests = Self.digests(list)
    }

    /// Whether the list has this digest for the file.
    func covers(_ path: String, sha256: String) -> Bool { digests[path] == sha256 }

    private static func digests(_ list: [UInt8]) -> [String: String] {
        var digests: [String: String] = [:]
        for line in String(decoding: list, as: UTF8.self).split(separator: "\n") where line.utf8.count > 66 {
            digests[String(line.dropFirst(66))] = String(line.prefix(64))
        }
        return digests
    }

    private static func bytes(_ digits: some StringProtocol) -> [UInt8]? {
        let digits = Array(digits)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(digits[place...place + 1]), radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
