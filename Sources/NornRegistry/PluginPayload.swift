import NornManifest

/// What of a plugin's folder goes into the store: the manifest, the library of this platform and the plugin's files,
/// each checked against its digest.
struct PluginPayload: Sendable {
    struct File: Hashable, Sendable {
        var path: String
        var bytes: [UInt8]
    }

    var manifest: [UInt8]
    /// Where the library was read from, for messages.
    var libraryPath: String
    var libraryName: String
    var library: [UInt8]
    /// In the order of the manifest.
    var files: [File]
    /// 64 hexadecimal digits: the library's SHA-256, or that of the list of all files where there are others, as the
    /// library of a plugin in Python is the same for all of them.
    var digest: String

    /// In the store, beside `manifest.json`.
    var stored: [File] { [File(path: libraryName, bytes: library)] + files }

    init(
        of manifest: Manifest, _ manifestBytes: [UInt8], in folder: PluginFolder, rules: AdmissionRules
    ) throws(AdmissionError) {
        let library = try Self.library(of: manifest, in: folder, rules: rules)
        self.manifest = manifestBytes
        libraryPath = library.path
        libraryName = library.path.split(separator: "/").last.map(String.init) ?? "library.so"
        self.library = library.bytes
        files = try Self.files(of: manifest, in: folder)
        let taken = ["manifest.json", libraryName]
        if let double = files.first(where: { file in taken.contains { file.path == $0 } }) {
            throw AdmissionError(
                .path, plugin: manifest.plugin.id, path: "\(folder.path)/\(double.path)",
                "a file of the plugin has the name of its manifest or of its library", "Give the file another name.")
        }
        let digest = Digest.hexadecimal(of: self.library)
        self.digest = files.isEmpty ? digest : Self.digest(libraryName, digest, files)
    }

    private static func digest(_ name: String, _ library: String, _ files: [File]) -> String {
        let lines = ["\(library)  \(name)\n"] + files.map { "\(Digest.hexadecimal(of: $0.bytes))  \($0.path)\n" }
        return Digest.hexadecimal(of: Array(lines.sorted().joined().utf8))
    }

    private static func files(of manifest: Manifest, in folder: PluginFolder) throws(AdmissionError) -> [File] {
        var files: [File] = []
        for file in manifest.files {
            let bytes = try folder.read(file.path, bytesMaximum: fileBytesMaximum, plugin: manifest.plugin.id)
            try check(bytes, file.sha256, "file", "\(folder.path)/\(file.path)", manifest.plugin.id)
            files.append(File(path: file.path, bytes: bytes))
        }
        return files
    }

    static let fileBytesMaximum = 64 * 1024 * 1024

    private static func check(
        _ bytes: [UInt8], _ declared: String?, _ what: String, _ path: String, _ plugin: String
    ) throws(AdmissionError) {
        let sha256 = Digest.hexadecimal(of: bytes)
        guard declared == sha256 else {
            throw AdmissionError(
                .digest, plugin: plugin, path: path,
                "the \(what)'s SHA-256 is \(sha256), the manifest's \(declared ?? "missing")",
                "Install the plugin again from its publisher, or pack it if you built it.")
        }
    }

    // MARK: The library

    private static func library(
        of manifest: Manifest, in folder: PluginFolder, rules: AdmissionRules
    ) throws(AdmissionError) -> (bytes: [UInt8], path: String) {
        let plugin = manifest.plugin.id
        if let python = manifest.python { return try bridge(python.bridge, folder, plugin, rules) }
        guard let library = manifest.library(for: rules.platform) else {
            let known = manifest.libraries.map(\.platform).joined(separator: ", ")
            throw AdmissionError(
                .platform, plugin: plugin, path: "\(folder.path)/manifest.json",
                "the plugin has no library for \(rules.platform), only for \(known)", "Get a build for this platform.")
        }
        let bytes = try folder.read(library.path, bytesMaximum: rules.libraryBytesMaximum, plugin: plugin)
        try check(bytes, library.sha256, "library", "\(folder.path)/\(library.path)", plugin)
        return (bytes, "\(folder.path)/\(library.path)")
    }

    private static func bridge(
        _ name: String, _ folder: PluginFolder, _ plugin: String, _ rules: AdmissionRules
    ) throws(AdmissionError) -> (bytes: [UInt8], path: String) {
        guard let path = rules.bridges[name] else {
            throw AdmissionError(
                .bridge, plugin: plugin, path: "\(folder.path)/manifest.json",
                "this Norn has no bridge \(name), only \(rules.bridges.keys.sorted().joined(separator: ", "))",
                "Name a bridge that this site has.")
        }
        do {
            return (try FileSystem.read(path, bytesMaximum: rules.libraryBytesMaximum), path)
        } catch {
            throw AdmissionError(
                .bridge, plugin: plugin, path: path, "the bridge \(name) cannot be read: \(error.message)",
                "Install Norn again.")
        }
    }
}
