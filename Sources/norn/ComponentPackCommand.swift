import ArgumentParser
import Foundation
import NornManifest
import NornRegistry
import NornSite

struct ComponentPack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack", abstract: "Make one file of a plugin's folder: manifest, libraries, digests, signature.",
        discussion: "The file is a tar archive; norn component install takes it, at any site of the same platform.")

    @Argument(help: "The folder with manifest.json, built.") var folder: String
    @Option(help: "Sign with this key, as norn key new makes it.") var key: String?
    @Option(name: .shortAndLong, help: "The file to write; ID-VERSION.nornplugin here unless said.") var output: String?
    @Flag(help: "Print JSON.") var json = false

    private struct Packed: Encodable {
        var file: String
        var plugin: String
        var version: String
        var digest: String
        var publisher: String?
        var bytes: Int
    }

    func run() async throws {
        try await carryOut(json: json) {
            let bundle = try Self.pack(folder, key: try key.map(KeyFile.read))
            let file = output ?? bundle.fileName
            let bytes = bundle.encoded()
            do {
                try Data(bytes).write(to: URL(filePath: file), options: .atomic)
            } catch {
                throw SiteError("file_not_written", "\(file) cannot be written", field: "--output")
            }
            let plugin = bundle.manifest.plugin
            let packed = Packed(
                file: file, plugin: plugin.id, version: plugin.version, digest: bundle.digest,
                publisher: bundle.publisher?.description, bytes: bytes.count)
            if json { return try Printing.json(packed) }
            print("packed  \(plugin.id) \(plugin.version) as \(file), \(bytes.count) bytes")
            print("signed  by \(packed.publisher ?? "nobody")")
        }
    }

    static func pack(_ folder: String, key: SigningKey?) throws -> PluginBundle {
        do {
            return try PluginBundle(packing: folder, key: key)
        } catch let error as AdmissionError {
            throw SiteError("plugin_not_packed", "\(error.message)", field: error.path, hint: error.remedy)
        } catch let error as BundleError {
            throw SiteError("plugin_not_packed", "\(error)", field: folder, hint: error.remedy)
        }
    }
}
