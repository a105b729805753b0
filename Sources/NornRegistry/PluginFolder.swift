import Crypto
import Glibc
import NornManifest

/// A folder with a plugin as an author or an installer leaves it: `manifest.json` and libraries.
struct PluginFolder {
    static let manifestBytesMaximum = 1024 * 1024

    /// Absolute and without symbolic links.
    let path: String

    init(_ path: String) throws(AdmissionError) {
        guard let real = FileSystem.realPath(path) else {
            throw AdmissionError(
                .unreadable, path: path, "the folder cannot be opened: \(FileSystem.reason())",
                "Give the folder that holds the plugin's manifest.json.")
        }
        self.path = real
    }

    /// The manifest's bytes and what they say.
    func manifest() throws(AdmissionError) -> (bytes: [UInt8], decoded: DecodedManifest) {
        let bytes = try read("manifest.json", bytesMaximum: Self.manifestBytesMaximum, plugin: "")
        do {
            return (bytes, try Manifest.decode(bytes))
        } catch {
            let place = error.path.isEmpty ? "" : "\(error.path): "
            throw AdmissionError(.manifest, path: "\(path)/manifest.json", place + error.message, error.remedy)
        }
    }

    /// Who signed the folder's files; nil where it holds no signature. One that does not hold is refused.
    /// - Parameter manifestDigest: of the manifest that was read. It names the digests of the library and of all files,
    ///   so that a signature of this manifest is one of what was read by it, whatever the folder holds by now.
    func publisher(plugin: String, manifestDigest: String) throws(AdmissionError) -> PublisherKey? {
        guard FileSystem.exists("\(path)/\(BundleSignature.fileName)") else { return nil }
        do throws(BundleError) {
            let bundle = try bundle()
            guard bundle.list.digests[PluginBundle.manifestName] == manifestDigest else {
                throw .digest(path: PluginBundle.manifestName)
            }
            return bundle.publisher
        } catch {
            throw AdmissionError(.signature, plugin: plugin, path: path, error.description, error.remedy)
        }
    }

    /// The folder as the bundle that it was unpacked from.
    func bundle() throws(BundleError) -> PluginBundle {
        func bytes(_ name: String) throws(BundleError) -> [UInt8] {
            do {
                return try read(name, bytesMaximum: PluginBundle.bytesMaximum, plugin: "")
            } catch {
                throw .refused(error.message)
            }
        }
        let list = try DigestList(decoding: bytes(DigestList.fileName))
        var signature: BundleSignature?
        if FileSystem.exists("\(path)/\(BundleSignature.fileName)") {
            signature = try BundleSignature(decoding: bytes(BundleSignature.fileName))
        }
        var files: [TarArchive.Entry] = []
        for path in list.digests.keys.sorted() {
            files.append(TarArchive.Entry(path: path, bytes: try bytes(path)))
        }
        return try PluginBundle(files: files, list: list, signature: signature)
    }

    /// The bytes of a file of the folder; links may not lead out of it.
    func read(_ name: String, bytesMaximum: Int, plugin: String) throws(AdmissionError) -> [UInt8] {
        let full = "\(path)/\(name)"
        guard let real = FileSystem.realPath(full) else {
            throw AdmissionError(
                .unreadable, plugin: plugin, path: full, "the file cannot be opened: \(FileSystem.reason())",
                "Put the file there, readable for the site's user.")
        }
        guard real.hasPrefix(path + "/") else {
            throw AdmissionError(
                .path, plugin: plugin, path: full, "a symbolic link leads out of the plugin's folder",
                "Put the file itself into the folder.")
        }
        do {
            return try FileSystem.read(real, bytesMaximum: bytesMaximum)
        } catch {
            throw AdmissionError(
                error.isTooLarge ? .limit : .unreadable, plugin: plugin, path: full, error.message,
                "Put a readable file of at most \(bytesMaximum) bytes there.")
        }
    }
}

/// Digests as manifests write them.
public enum Digest {
    /// SHA-256 as 64 lowercase hexadecimal digits.
    public static func hexadecimal(of bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = SHA256.hash(data: bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
