/// A component that a site (or a job's dialect) may use, and the plugin that it comes from.
public struct CatalogueEntry: Hashable, Sendable, Codable {
    public var pluginID: String
    public var pluginVersion: String
    /// SHA-256 of the library, 64 hexadecimal digits; empty where no library is admitted (tests, display).
    public var pluginDigest: String
    /// The name that jobs may use for the plugin, besides its id and version.
    public var provider: Manifest.Provider?
    public var component: ComponentDeclaration

    public init(
        pluginID: String, pluginVersion: String, pluginDigest: String, provider: Manifest.Provider?,
        component: ComponentDeclaration
    ) {
        self.pluginID = pluginID
        self.pluginVersion = pluginVersion
        self.pluginDigest = pluginDigest
        self.provider = provider
        self.component = component
    }

    /// Whether a job that asks for this provider may get this entry. Both the manifest's provider and the plugin's
    /// id and version are names of it; a nil version takes any.
    public func isProvided(by name: String, version: String?) -> Bool {
        let known = [provider, Manifest.Provider(name: pluginID, version: pluginVersion)].compactMap { $0 }
        return known.contains { $0.name == name && (version == nil || $0.version == version) }
    }
}

/// Why a lookup found nothing.
public enum CatalogueMiss: Error, Hashable, Sendable {
    /// No component has this module name, alias or reference.
    case unknownModule(String, nearest: String?)
    /// It is there, but jobs may not use it; the reason is a clause such as `its plugin a@1 is disabled at this site`.
    case withheldModule(String, reason: String)
    /// The provider is not registered at all.
    case unknownProvider(String, nearest: String?)
    /// The provider is there, but not in this version.
    case unknownProviderVersion(provider: String, version: String, known: [String])
    /// The provider is there, but does not offer this module.
    case moduleNotOfProvider(module: String, provider: String)
}

/// The components and engines that are there, for lookups by the names that jobs use.
public struct Catalogue: Hashable, Sendable {
    /// In the order of plugins' ids, newest version first.
    public let entries: [CatalogueEntry]
    public let engines: [EngineDeclaration]
    private let entriesByModule: [String: [Int]]
    private let withheldReasons: [String: String]

    /// - Parameter withheld: what is there but may not be used, each with the reason.
    public init(
        entries: [CatalogueEntry], engines: [EngineDeclaration] = [],
        withheld: [(component: ComponentDeclaration, reason: String)] = []
    ) {
        let sorted = entries.sorted { left, right in
            if left.pluginID != right.pluginID { return left.pluginID < right.pluginID }
            return Version.precedes(right.pluginVersion, left.pluginVersion)
        }
        var entriesByModule: [String: [Int]] = [:]
        for (index, entry) in sorted.enumerated() {
            for name in Self.names(of: entry.component) { entriesByModule[name, default: []].append(index) }
        }
        var withheldReasons: [String: String] = [:]
        for (component, reason) in withheld {
            for name in Self.names(of: component) { withheldReasons[name] = reason }
        }
        self.withheldReasons = withheldReasons
        self.entries = sorted
        self.engines = engines
        self.entriesByModule = entriesByModule
    }

    /// Lower case: what jobs may call it.
    private static func names(of component: ComponentDeclaration) -> Set<String> {
        Set(([component.name, component.reference] + component.aliases).map { $0.lowercased() })
    }

    /// Makes a catalogue of all that manifests declare, such as for tests.
    public init(manifests: [Manifest], pluginDigests: [String: String] = [:]) {
        self.init(
            entries: manifests.flatMap { manifest in
                manifest.components.map { component in
                    CatalogueEntry(
                        pluginID: manifest.plugin.id, pluginVersion: manifest.plugin.version,
                        pluginDigest: pluginDigests[manifest.plugin.id] ?? "", provider: manifest.provider,
                        component: component)
                }
            }, engines: manifests.flatMap(\.engines))
    }

    /// Module names, sorted.
    public var moduleNames: [String] { Set(entries.map(\.component.name)).sorted() }

    /// Providers and plugin ids that jobs may name, sorted.
    public var providerNames: [String] {
        Set(entries.flatMap { [$0.provider?.name, $0.pluginID].compactMap { $0 } }).sorted()
    }

    /// Finds a component by module name, alias or reference; case does not count. Without a provider's version the
    /// newest plugin is taken.
    public func find(
        _ module: String, provider: String? = nil, version: String? = nil
    ) throws(CatalogueMiss) -> CatalogueEntry {
        if let provider { try checkProvider(provider, version) }
        guard let indices = entriesByModule[module.lowercased()] else {
            if let reason = withheldReasons[module.lowercased()] { throw .withheldModule(module, reason: reason) }
            let known = entries.flatMap { [$0.component.name, $0.component.reference] + $0.component.aliases }
            let nearest = NearestName.find(module, in: known).flatMap { entriesByModule[$0.lowercased()]?.first }
            throw .unknownModule(module, nearest: nearest.map { entries[$0].component.name })
        }
        let candidates = indices.map { entries[$0] }
        guard let provider else { return candidates[0] }
        guard let entry = candidates.first(where: { $0.isProvided(by: provider, version: version) }) else {
            throw .moduleNotOfProvider(module: module, provider: version.map { "\(provider)@\($0)" } ?? provider)
        }
        return entry
    }

    private func checkProvider(_ provider: String, _ version: String?) throws(CatalogueMiss) {
        guard entries.contains(where: { $0.isProvided(by: provider, version: nil) }) else {
            throw .unknownProvider(provider, nearest: NearestName.find(provider, in: providerNames))
        }
        guard let version, !entries.contains(where: { $0.isProvided(by: provider, version: version) }) else { return }
        let known = entries.flatMap { entry in
            [entry.provider, Manifest.Provider(name: entry.pluginID, version: entry.pluginVersion)]
                .compactMap { $0 }.filter { $0.name == provider }.map(\.version)
        }
        throw .unknownProviderVersion(provider: provider, version: version, known: Set(known).sorted())
    }
}

/// The order of versions such as `1.10.2`: by numbers first, then by text.
public enum Version {
    public static func precedes(_ left: String, _ right: String) -> Bool {
        let (leftParts, rightParts) = (parts(left), parts(right))
        for (one, other) in zip(leftParts, rightParts) where one != other {
            switch (Int(one), Int(other)) {
            case (let one?, let other?): return one < other
            // A release is newer than its previews: 1.0.0-rc1 before 1.0.0.1.
            case (nil, _?): return true
            case (_?, nil): return false
            case (nil, nil): return one < other
            }
        }
        guard leftParts.count != rightParts.count else { return false }
        let longer = leftParts.count > rightParts.count ? leftParts : rightParts
        let extraIsPreview = Int(longer[min(leftParts.count, rightParts.count)]) == nil
        return (leftParts.count < rightParts.count) != extraIsPreview
    }

    private static func parts(_ version: String) -> [Substring] {
        version.split { ".-+_".contains($0) }
    }
}
