import Foundation
import NIOHTTP1
import NornManifest
import NornRegistry
import NornSite

/// Where `norn component install` gets a bundle: a file, a folder of bundles, or another site.
struct PluginSource {
    private enum Place {
        case file(String)
        case folder(String, name: String)
        case site(SiteClient, name: String)
    }

    private let place: Place
    private let version: String?

    /// - Parameter text: a path, or `NAME@REGISTRY`.
    init(_ text: String, version: String?) {
        self.version = version
        let parts = text.split(separator: "@", maxSplits: 1).map(String.init)
        if FileManager.default.fileExists(atPath: text) || parts.count < 2 {
            place = .file(text)
        } else if parts[1].hasPrefix("http://") || parts[1].hasPrefix("https://") {
            let token = ProcessInfo.processInfo.environment["NORN_REGISTRY_TOKEN"]
            let address = parts[1].hasSuffix("/") ? String(parts[1].dropLast()) : parts[1]
            place = .site(SiteClient(address: address, token: token), name: parts[0])
        } else {
            place = .folder(parts[1], name: parts[0])
        }
    }

    /// The bundle's bytes, and what the site's history calls their source.
    func bundle() async throws -> (bytes: [UInt8], source: String) {
        switch place {
        case .file(let path):
            return (try Self.read(path), URL(filePath: path).lastPathComponent)
        case .folder(let path, let name):
            return (try newest(name, in: path), "\(name)@\(path)")
        case .site(let client, let name):
            let path = SiteClient.path("plugins", name, "bundle", query: ["version": version])
            let data = try await client.data(.GET, path, seconds: ComponentInstall.secondsMaximum)
            return (Array(data), "\(name)@\(client.address)")
        }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SiteError(
                "file_not_read", "There is no bundle \(path)", field: "what",
                hint: "Name a file of norn component pack, or NAME@REGISTRY")
        }
        return Array(data)
    }

    /// The newest bundle of a plugin, or the one of the version; files that are no bundles are passed over.
    private func newest(_ name: String, in folder: String) throws -> [UInt8] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw SiteError("registry_not_found", "There is no folder \(folder)", field: "what")
        }
        var found: (bytes: [UInt8], version: String)?
        for file in names.sorted() where file.hasSuffix(PluginBundle.fileNameEnding) {
            let bytes = try Self.read("\(folder)/\(file)")
            guard let plugin = (try? PluginBundle(decoding: bytes))?.manifest.plugin, plugin.id == name,
                version == nil || version == plugin.version
            else { continue }
            if let found, !Version.precedes(found.version, plugin.version) { continue }
            found = (bytes, plugin.version)
        }
        guard let found else {
            throw SiteError(
                "plugin_not_found", "The folder \(folder) has no bundle of \(name)\(version.map { " \($0)" } ?? "")",
                field: "what")
        }
        return found.bytes
    }
}
