import NornManifest

/// A plugin that passed admission.
public struct AdmittedPlugin: Hashable, Sendable {
    public var manifest: Manifest
    public var warnings: [ManifestWarning]
    /// The copy in the store.
    public var library: StoredLibrary
    /// The folder from which it was admitted.
    public var source: String
    /// Who signed it; nil for one without a signature.
    public var publisher: PublisherKey?
    /// SHA-256 of the manifest's bytes.
    var manifestDigest: String

    /// `id@version`: unique among what is admitted.
    public var name: String { "\(manifest.plugin.id)@\(manifest.plugin.version)" }
}

/// What is admitted, as one value. A new one is published for every change, with the next generation number.
public struct Registry: Hashable, Sendable {
    public var generation: Int
    /// Sorted by plugin id, then by version.
    public var plugins: [AdmittedPlugin]
    public var catalogue: Catalogue { catalogue(of: plugins) { _ in "" } }

    init(generation: Int, plugins: [AdmittedPlugin]) {
        self.generation = generation
        self.plugins = plugins.sorted { left, right in
            left.manifest.plugin.id == right.manifest.plugin.id
                ? Version.precedes(left.manifest.plugin.version, right.manifest.plugin.version)
                : left.manifest.plugin.id < right.manifest.plugin.id
        }
    }

    /// The catalogue of some of the plugins; what the others offer is withheld.
    public func catalogue(of usable: [AdmittedPlugin], reason: (AdmittedPlugin) -> String) -> Catalogue {
        let others = plugins.filter { plugin in !usable.contains { $0.name == plugin.name } }
        return Catalogue(
            entries: usable.flatMap { plugin in
                plugin.manifest.components.map { component in
                    CatalogueEntry(
                        pluginID: plugin.manifest.plugin.id, pluginVersion: plugin.manifest.plugin.version,
                        pluginDigest: plugin.library.sha256, provider: plugin.manifest.provider, component: component)
                }
            }, engines: usable.flatMap(\.manifest.engines),
            withheld: others.flatMap { plugin in plugin.manifest.components.map { ($0, reason(plugin)) } })
    }

    /// The plugin with this digest.
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
    /// - Parameter source: where the folder will be found later; the folder itself unless said.
    public func admit(_ folderPath: String, as source: String? = nil) async throws(AdmissionError) -> AdmittedPlugin {
        let folder = try PluginFolder(folderPath)
        let (manifestBytes, decoded) = try folder.manifest()
        let manifest = decoded.manifest
        try checkLevels(manifest, folder)
        let payload = try PluginPayload(of: manifest, manifestBytes, in: folder, rules: rules)
        let manifestDigest = Digest.hexadecimal(of: manifestBytes)
        let publisher = try folder.publisher(plugin: manifest.plugin.id, manifestDigest: manifestDigest)
        try checkTrust(folder, manifest.plugin.id, payload.digest, publisher)
        if let known = registry.plugin(sha256: payload.digest), known.manifestDigest == manifestDigest,
            known.publisher == publisher
        {
            return known
        }
        let refusalKey = "\(payload.digest) \(manifestDigest)"
        if let refusal = refusals[refusalKey] { throw refusal }
        try checkDuplicate(manifest, payload)
        do {
            try checkImage(payload, plugin: manifest.plugin.id)
            let stored = try await copyAndProbe(payload, manifest)
            let plugin = AdmittedPlugin(
                manifest: manifest, warnings: decoded.warnings, library: stored, source: source ?? folder.path,
                publisher: publisher, manifestDigest: manifestDigest)
            // Another admission may have come first while the prober worked.
            try checkDuplicate(manifest, payload)
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
        let kept = Set(rest.map(\.library.sha256))
        for plugin in registry.plugins where !kept.contains(plugin.library.sha256) {
            store.markWithdrawn(plugin.library.sha256)
        }
        registry = Registry(generation: registry.generation + 1, plugins: rest)
        return true
    }

    /// Removes copies in the store that belong to nothing that is admitted, some days after they did.
    public func removeUnusedCopies() { store.removeUnused(keeping: Set(registry.plugins.map(\.library.sha256))) }

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

    /// Asked before anything of the plugin runs, `describe` too.
    private func checkTrust(
        _ folder: PluginFolder, _ id: String, _ digest: String, _ publisher: PublisherKey?
    ) throws(AdmissionError) {
        guard !rules.trust.isOfInstallation(folder.path) else { return }
        if let refusal = rules.trust.refusal(of: digest, publisher: publisher) {
            throw AdmissionError(.untrusted, plugin: id, path: folder.path, refusal.message, refusal.remedy)
        }
    }

    private func checkDuplicate(_ manifest: Manifest, _ payload: PluginPayload) throws(AdmissionError) {
        let other = registry.plugins.first {
            $0.manifest.plugin.id == manifest.plugin.id
                && $0.manifest.plugin.version == manifest.plugin.version && $0.library.sha256 != payload.digest
        }
        guard let other else { return }
        throw AdmissionError(
            .duplicate, plugin: manifest.plugin.id, path: payload.libraryPath,
            "version \(manifest.plugin.version) is already admitted from \(other.source) with another library",
            "Give the new one another version, or remove the old one first.")
    }

    private func checkImage(_ payload: PluginPayload, plugin: String) throws(AdmissionError) {
        let image: ELFImage
        let path = payload.libraryPath
        do {
            image = try ELFImage(bytes: payload.library)
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
        _ payload: PluginPayload, _ manifest: Manifest
    ) async throws(AdmissionError) -> StoredLibrary {
        if let kept = store.kept(payload) {
            try await probe(kept, manifest, payload.libraryPath)
            return kept
        }
        do {
            let pending = try store.prepare(payload)
            do throws(AdmissionError) {
                try await probe(pending.library, manifest, payload.libraryPath)
            } catch {
                store.discard(pending)
                throw error
            }
            return try store.publish(pending, payload)
        } catch let error as AdmissionError {
            throw error
        } catch {
            throw AdmissionError(
                .unwritable, plugin: manifest.plugin.id, path: store.root,
                (error as? FileError)?.message ?? "the store cannot be written",
                "Let the site's user write there, and make room on the disk.")
        }
    }

    private func probe(_ library: StoredLibrary, _ manifest: Manifest, _ path: String) async throws(AdmissionError) {
        let description: [UInt8]
        do {
            description = try await prober.describe(library, manifest)
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
