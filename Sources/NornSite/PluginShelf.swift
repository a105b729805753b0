import Crypto
import Foundation
import NornManifest
import NornWorkers

/// The plugins that this site may run: what they declare, and where their libraries are.
struct PluginShelf: Sendable {
    struct Engine: Sendable {
        var declaration: EngineDeclaration
        var pluginID: String
        var pluginVersion: String
    }

    var catalogue = Catalogue(entries: [])
    var engines: [String: Engine] = [:]
    /// By the library's digest, 64 hexadecimal digits.
    var libraries: [String: PluginLibrary] = [:]
    /// Digest by plugin id and version.
    var digests: [String: String] = [:]
    /// Why a plugin is not there.
    var warnings: [String] = []

    func library(of entry: CatalogueEntry) -> PluginLibrary? { libraries[entry.pluginDigest] }

    func library(ofEngine name: String) -> PluginLibrary? {
        engines[name].flatMap { digests["\($0.pluginID)@\($0.pluginVersion)"] }.flatMap { libraries[$0] }
    }
}
