/// The files of a bundle with their SHA-256, as text that `sha256sum --check` reads. Its own bytes are what a publisher
/// signs.
struct DigestList: Hashable, Sendable {
    static let fileName = "digests"
    /// Before the list in what is signed: a signature for something else can be none for a bundle.
    static let signedPrefix = "norn-bundle-1\n"

    /// Path -> 64 lowercase hexadecimal digits.
    let digests: [String: String]

    init(files: [TarArchive.Entry]) {
        digests = Dictionary(
            files.map { ($0.path, Digest.hexadecimal(of: $0.bytes)) }, uniquingKeysWith: { first, _ in first })
    }

    init(decoding bytes: [UInt8]) throws(BundleError) {
        var digests: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let digest = line.prefix(64)
            let path = String(line.dropFirst(66))
            guard Hexadecimal.bytes(String(digest))?.count == 32, line.dropFirst(64).hasPrefix("  "), !path.isEmpty,
                digests.updateValue(String(digest), forKey: path) == nil
            else { throw .refused("its list of digests has a line that is none") }
        }
        self.digests = digests
        // One form for the same digests: what is signed is what anyone reads.
        guard Array(text.utf8) == bytes else { throw .refused("its list of digests is not in the order of paths") }
    }

    /// Lines in the order of paths.
    var text: String { digests.sorted { $0.key < $1.key }.map { "\($0.value)  \($0.key)\n" }.joined() }

    var signedBytes: [UInt8] { Array((Self.signedPrefix + text).utf8) }

    /// Refuses files that are not exactly those of the list.
    func check(_ files: [TarArchive.Entry]) throws(BundleError) {
        for file in files where digests[file.path] != Digest.hexadecimal(of: file.bytes) {
            throw .digest(path: file.path)
        }
        if let missing = Set(digests.keys).subtracting(files.map(\.path)).min() {
            throw .refused("its file \(missing.prefix(200)) is missing")
        }
    }
}

/// Who signed a list of digests, as the text of the bundle's `signature`.
struct BundleSignature: Hashable, Sendable {
    static let fileName = "signature"

    var key: PublisherKey
    /// 64 bytes.
    var bytes: [UInt8]

    init(of list: DigestList, by key: SigningKey) throws(BundleError) {
        self.key = key.publicKey
        bytes = try key.signature(of: list.signedBytes)
    }

    init(decoding bytes: [UInt8]) throws(BundleError) {
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let key = PublisherKey(text: String(words[0])),
            let signature = Hexadecimal.bytes(String(words[1])), signature.count == 64
        else { throw .signature("it has no form that is known") }
        self.key = key
        self.bytes = signature
    }

    /// The key and the signature, in hexadecimal.
    var text: String { "\(key) \(Hexadecimal.text(bytes))\n" }

    func check(_ list: DigestList) throws(BundleError) {
        guard key.verifies(bytes, of: list.signedBytes) else { throw .signature("\(key) did not sign these files") }
    }
}
