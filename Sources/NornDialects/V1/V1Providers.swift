import NornManifest

/// The components of a site by their providers, as FATE-Flow's component registry has them.
public struct V1Providers: Sendable {
    private let entries: [CatalogueEntry]

    public init(_ catalogue: Catalogue) { entries = catalogue.entries }

    private func name(_ entry: CatalogueEntry) -> String { entry.provider?.name ?? entry.pluginID }
    private func version(_ entry: CatalogueEntry) -> String { entry.provider?.version ?? entry.pluginVersion }

    /// `{name: {version: {components: […], path, class_path}, default: {version}}}`.
    public var json: JSON {
        var providers = JSONObject()
        for entry in entries {
            let (name, version) = (name(entry), version(entry))
            var provider = providers[name]?.asObject ?? ["default": ["version": .string(version)]]
            var components = provider[version]?["components"]?.asArray ?? []
            components.append(.string(entry.component.name))
            provider[version] = [
                "components": .array(components), "path": .string(entry.pluginID), "class_path": [:],
            ]
            providers[name] = .object(provider)
        }
        return .object(providers)
    }

    /// `{component: {default_provider, support_provider, alias}}`.
    public var components: JSON {
        var components = JSONObject()
        for entry in entries {
            let key = entry.component.name
            let provider = JSON.string(name(entry))
            let known = components[key]?["support_provider"]?.asArray ?? []
            components[key] = [
                "default_provider": components[key]?["default_provider"] ?? provider,
                "support_provider": .array(known.contains(provider) ? known : known + [provider]),
                "alias": .array(([key] + entry.component.aliases).map { .string($0) }),
            ]
        }
        return .object(components)
    }
}
