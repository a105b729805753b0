import NornManifest

/// A plugin as one file: a tar archive with `digests` first, `signature` next if it is signed, then `manifest.json`,
/// libraries and files. `tar tf` lists it and `sha256sum --check digests` checks what it holds.
public struct PluginBundle: Sendable {
    /// How the file's name ends.
    public static let fileNameEnding = ".nornplugin"
    public static let bytesMaximum = 600 * 1024 * 1024
    static let manifestName = "manifest.json"

    public let manifest: Manifest
    /// Who signed it; checked.
    public let publisher: PublisherKey?
    let list: DigestList
    let signature: BundleSignature?
    /// The manifest first, then by path; without the list and the signature.
    let files: [TarArchive.Entry]

    /// `norn.linear-1.2.0.nornplugin`
    public var fileName: String { "\(manifest.plugin.id)-\(manifest.plugin.version)\(Self.fileNameEnding)" }

    /// SHA-256 over the list of digests: the same for the same files, signed or not.
    public var digest: String { Digest.hexadecimal(of: Array(list.text.utf8)) }

    /// Reads a bundle and checks every digest and the signature.
    public init(decoding bytes: [UInt8]) throws(BundleError) {
        guard bytes.count <= Self.bytesMaximum else {
            throw .refused("it has \(bytes.count) bytes, and at most \(Self.bytesMaximum) are taken")
        }
        var entries = try TarArchive.decode(bytes)
        guard entries.first?.path == DigestList.fileName else { throw .refused("it has no list of digests") }
        let list = try DigestList(decoding: entries.removeFirst().bytes)
        var signature: BundleSignature?
        if entries.first?.path == BundleSignature.fileName {
            signature = try BundleSignature(decoding: entries.removeFirst().bytes)
        }
        try self.init(files: entries, list: list, signature: signature)
    }

    /// Makes a bundle of files, the manifest among them.
    init(files: [TarArchive.Entry], key: SigningKey?) throws(BundleError) {
        let list = DigestList(files: files)
        var signature: BundleSignature?
        if let key { signature = try BundleSignature(of: list, by: key) }
        try self.init(files: files, list: list, signature: signature)
    }

    init(files: [TarArchive.Entry], list: DigestList, signature: BundleSignature?) throws(BundleError) {
        guard Set(files.map(\.path)).count == files.count else { throw .refused("it holds a path twice") }
        for path in files.map(\.path) {
            guard path.utf8.count <= TarArchive.pathBytesMaximum, path != DigestList.fileName,
                path != BundleSignature.fileName, !path.contains("\n")
            else { throw .refused("it cannot hold a file of the name \"\(path.prefix(120))\"") }
        }
        try list.check(files)
        try signature?.check(list)
        guard let text = files.first(where: { $0.path == Self.manifestName }) else {
            throw .refused("it has no manifest.json")
        }
        do {
            manifest = try Manifest.decode(text.bytes).manifest
        } catch {
            throw .refused("its manifest is wrong: \(error)")
        }
        // One order, however the files were found: the same files make the same bytes.
        self.files = [text] + files.filter { $0.path != Self.manifestName }.sorted { $0.path < $1.path }
        self.list = list
        self.signature = signature
        publisher = signature?.key
    }

    public func encoded() -> [UInt8] {
        var entries = [TarArchive.Entry(path: DigestList.fileName, bytes: Array(list.text.utf8))]
        if let signature {
            entries.append(TarArchive.Entry(path: BundleSignature.fileName, bytes: Array(signature.text.utf8)))
        }
        return TarArchive.encoded(entries + files)
    }
}
