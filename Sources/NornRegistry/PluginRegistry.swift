import NornManifest

/// A plugin that passed admission.
public struct AdmittedPlugin: Hashable, Sendable {
    public var manifest: Manifest
    public var warnings: [ManifestWarning]
    /// The copy in the store.
    public var library: StoredLibrary
    /// The folder from which it was admitted.
    public var source: String
    /// SHA-256 of the manifest's bytes.
    var manifestDigest: String
}

/// What is admitted, as one value. A new one is published for every change, with the next generation number.
public struct Registry: Hashable, Sendable {
    public var generation: Int
    /// Sorted by plugin id, then by version.
    public var plugins: [AdmittedPlugin]
    public var catalogue: Catalogue

    init(generation: Int, plugins: [AdmittedPlugin]) {
        self.generation = generation
        self.plugins = plugins.sorted { left, right in
            left.manifest.plugin.id == right.manifest.plugin.id
                ? Version.precedes(left.manifest.plugin.version, right.manifest.plugin.version)
                : left.manifest.plugin.id < right.manifest.plugin.id
        }
        catalogue = Catalogue(
            entries: plugins.flatMap { plugin in
                plugin.manifest.components.map { component in
                    CatalogueEntry(
                        pluginID: plugin.manifest.plugin.id, pluginVersion: plugin.manifest.plugin.version,
                        pluginDigest: plugin.library.sha256, provider: plugin.manifest.provider, component: component)
                }
            }, engines: self.plugins.flatMap(\.manifest.engines))
    }

    /// The plugin with a library of this digest.
    public func plugin(sha256: String) -> AdmittedPlugin? { plugins.first { $0.library.sha256 == sha256 } }

    /// The newest plugin that offers an engine.
    public func plugin(offeringEngine name: String) -> AdmittedPlugin? {
        plugins.last { plugin in plugin.manifest.engines.contains { $0.name == name } }
    }
}

/// What a scan found.
public struct ScanReport: Sendable {
    public var admitted: [AdmittedPlugin]
    public var refused: [AdmissionError]
}

/// Admits plugins: checks manifest, digest, ELF file and description, copies the library into the store and publishes
/// a new registry. A refusal changes nothing.
public actor PluginRegistry {
    /// Folders that one search folder may hold.
    static let foldersMaximum = 4096
    /// Refusals that are remembered; beyond it the oldest is forgotten.
    static let refusalsMaximum = 1024

    public private(set) var registry = Registry(generation: 0, plugins: [])
    private let store: PluginStore
    private let prober: any PluginProber
    private let rules: AdmissionRules
    private var refusals: [String: AdmissionError] = [:]
    private var refusalOrder: [String] = []

    public init(store: PluginStore, prober: any PluginProber, rules: AdmissionRules = AdmissionRules()) {
        self.store = store
        self.prober = prober
        self.rules = rules
    }

    /// Admits all plugins in folders of folders. Of two with the same id and version the first counts, in the order of
    /// the search folders and then of names; the other is reported.
    public func scan(_ searchFolders: [String]) async -> ScanReport {
        var report = ScanReport(admitted: [], refused: [])
        for searchFolder in searchFolders where FileSystem.exists(searchFolder) {
            do {
                let names = try FileSystem.names(in: searchFolder).filter { !$0.hasPrefix(".") }
                for name in names.prefix(Self.foldersMaximum)
                where FileSystem.exists("\(searchFolder)/\(name)/manifest.json") {
                    do throws(AdmissionError) {
                        report.admitted.append(try await admit("\(searchFolder)/\(name)"))
                    } catch {
                        report.refused.append(error)
                    }
                }
            } catch {
                report.refused.append(
                    AdmissionError(
                        .unreadable, path: searchFolder, error.message, "Let the site's user read the folder."))
            }
        }
        return report
    }

    /// Admits the plugin of one folder. A plugin that is already admitted as it is comes back without a new generation.
    public func admit(_ folderPath: String) async throws(AdmissionError) -> AdmittedPlugin {
        let folder = try PluginFolder(folderPath)
        let (manifestBytes, decoded) = try folder.manifest()
        let manifest = decoded.manifest
        let id = manifest.plugin.id
        try checkLevels(manifest, folder)
        let (declared, libraryPath) = try library(of: manifest, in: folder)
        let bytes = try folder.read(declared.path, bytesMaximum: rules.libraryBytesMaximum, plugin: id)
        let sha256 = Digest.hexadecimal(of: bytes)
        guard declared.sha256 == sha256 else {
            throw AdmissionError(
                .digest, plugin: id, path: libraryPath,
                "the library's SHA-256 is \(sha256), the manifest's \(declared.sha256 ?? "missing")",
                "Install the plugin again from its publisher, or stage it if you built it.")
        }
        let manifestDigest = Digest.hexadecimal(of: manifestBytes)
        try checkTrust(folder, id, library: (declared.path, sha256), manifestDigest: manifestDigest)
        if let known = registry.plugin(sha256: sha256), known.manifestDigest == manifestDigest { return known }
        let refusalKey = "\(sha256) \(manifestDigest)"
        if let refusal = refusals[refusalKey] { throw refusal }
        try checkDuplicate(manifest, sha256, libraryPath)
        do {
            try checkImage(bytes, plugin: id, path: libraryPath)
            let stored = try await copyAndProbe(bytes, libraryPath, sha256, manifest, manifestBytes)
            let plugin = AdmittedPlugin(
                manifest: manifest, warnings: decoded.warnings, library: stored, source: folder.path,
                manifestDigest: manifestDigest)
            // Another admission may have come first while the prober worked.
            try checkDuplicate(manifest, sha256, libraryPath)
            publish(plugin)
            return plugin
        } catch {
            remember(error, as: refusalKey)
            throw error
        }
    }

    /// Takes a plugin out of the registry; its copy stays, since attempts may still run from it.
    /// - Returns: whether it was there.
    public func withdraw(id: String, version: String) -> Bool {
        let rest = registry.plugins.filter { $0.manifest.plugin.id != id || $0.manifest.plugin.version != version }
        guard rest.count < registry.plugins.count else { return false }
        registry = Registry(generation: registry.generation + 1, plugins: rest)
        return true
    }

    private func publish(_ plugin: AdmittedPlugin) {
        let others = registry.plugins.filter { $0.library.sha256 != plugin.library.sha256 }
        registry = Registry(generation: registry.generation + 1, plugins: others + [plugin])
    }

    /// Remembers what depends on the plugin's bytes alone; a full disk or a missing worker may be better next time.
    private func remember(_ error: AdmissionError, as key: String) {
        guard [.library, .description].contains(error.code) else { return }
        if refusals.updateValue(error, forKey: key) == nil { refusalOrder.append(key) }
        if refusalOrder.count > Self.refusalsMaximum { refusals[refusalOrder.removeFirst()] = nil }
    }

    private func checkLevels(_ manifest: Manifest, _ folder: PluginFolder) throws(AdmissionError) {
        let path = "\(folder.path)/manifest.json"
        let id = manifest.plugin.id
        guard manifest.abi.generation == rules.generation else {
            throw AdmissionError(
                .level, plugin: id, path: path,
                "the plugin is built for generation \(manifest.abi.generation) of the ABI, this Norn speaks "
                    + "\(rules.generation)", "Use a plugin and a Norn of the same generation.")
        }
        guard manifest.abi.minimumLevel <= rules.levels.upperBound else {
            throw AdmissionError(
                .level, plugin: id, path: path,
                "the plugin needs at least ABI level \(manifest.abi.minimumLevel), this Norn speaks up to "
                    + "\(rules.levels.upperBound)", "Use a newer Norn, or an older version of the plugin.")
        }
        guard manifest.abi.builtLevel >= rules.levels.lowerBound else {
            throw AdmissionError(
                .level, plugin: id, path: path,
                "the plugin is built for ABI level \(manifest.abi.builtLevel), this Norn speaks from "
                    + "\(rules.levels.lowerBound) on", "Use a newer version of the plugin.")
        }
    }

    private func library(
        of manifest: Manifest, in folder: PluginFolder
    ) throws(AdmissionError) -> (Manifest.Library, path: String) {
        guard let library = manifest.library(for: rules.platform) else {
            let known = manifest.libraries.map(\.platform).joined(separator: ", ")
            throw AdmissionError(
                .platform, plugin: manifest.plugin.id, path: "\(folder.path)/manifest.json",
                "the plugin has no library for \(rules.platform), only for \(known)", "Get a build for this platform.")
        }
        return (library, "\(folder.path)/\(library.path)")
    }

    /// Asked before anything of the plugin runs, `describe` too.
    private func checkTrust(
        _ folder: PluginFolder, _ id: String, library: (path: String, sha256: String), manifestDigest: String
    ) throws(AdmissionError) {
        guard !rules.trust.isOfInstallation(folder.path) else { return }
        let signature = try PluginSignature(folder, plugin: id)
        let covers =
            signature.map {
                $0.covers(library.path, sha256: library.sha256) && $0.covers("manifest.json", sha256: manifestDigest)
            } ?? true
        guard covers else {
            throw AdmissionError(
                .signature, plugin: id, path: folder.path, "the signature is of another library or manifest",
                "Get the plugin again from its publisher.")
        }
        if let refusal = rules.trust.refusal(of: library.sha256, publisher: signature?.publisher) {
            throw AdmissionError(.untrusted, plugin: id, path: folder.path, refusal.message, refusal.remedy)
        }
    }

    private func checkDuplicate(_ manifest: Manifest, _ sha256: String, _ path: String) throws(AdmissionError) {
        let other = registry.plugins.first {
            $0.manifest.plugin.id == manifest.plugin.id
                && $0.manifest.plugin.version == manifest.plugin.version && $0.library.sha256 != sha256
        }
        guard let other else { return }
        throw AdmissionError(
            .duplicate, plugin: manifest.plugin.id, path: path,
            "version \(manifest.plugin.version) is already admitted from \(other.source) with another library",
            "Give the new library another version, or withdraw the old one first.")
    }

    private func checkImage(_ bytes: [UInt8], plugin: String, path: String) throws(AdmissionError) {
        let image: ELFImage
        do {
            image = try ELFImage(bytes: bytes)
        } catch {
            throw AdmissionError(
                .library, plugin: plugin, path: path, error.message,
                "Build the plugin as a shared library for \(rules.platform).")
        }
        if let problem = LibraryChecks.problem(of: image, rules: rules) {
            throw AdmissionError(.library, plugin: plugin, path: path, problem.message, problem.remedy)
        }
    }

    private func copyAndProbe(
        _ bytes: [UInt8], _ path: String, _ sha256: String, _ manifest: Manifest, _ manifestBytes: [UInt8]
    ) async throws(AdmissionError) -> StoredLibrary {
        let id = manifest.plugin.id
        let name = path.split(separator: "/").last.map(String.init) ?? "library.so"
        if let kept = store.kept(named: name, sha256: sha256, byteCount: bytes.count, manifest: manifestBytes) {
            try await probe(kept, manifest, path)
            return kept
        }
        do {
            let pending = try store.prepare(library: bytes, named: name, sha256: sha256, manifest: manifestBytes)
            do throws(AdmissionError) {
                try await probe(pending.library, manifest, path)
            } catch {
                store.discard(pending)
                throw error
            }
            return try store.publish(pending, manifest: manifestBytes)
        } catch let error as AdmissionError {
            throw error
        } catch {
            throw AdmissionError(
                .unwritable, plugin: id, path: store.root,
                (error as? FileError)?.message ?? "the store cannot be written",
                "Let the site's user write there, and make room on the disk.")
        }
    }

    private func probe(_ library: StoredLibrary, _ manifest: Manifest, _ path: String) async throws(AdmissionError) {
        let description: [UInt8]
        do {
            description = try await prober.describe(library)
        } catch {
            throw AdmissionError(
                .probe, plugin: manifest.plugin.id, path: path, "the plugin could not say what it is: \(error)",
                "Run it with the check kit, or ask its author.")
        }
        if let difference = DescriptionCheck.difference(description, from: manifest) {
            throw AdmissionError(
                .description, plugin: manifest.plugin.id, path: path,
                "the plugin differs from its manifest: \(difference)", "Make code and manifest say the same.")
        }
    }
}
