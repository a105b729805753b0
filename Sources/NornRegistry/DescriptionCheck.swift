import NornManifest

/// Asks a plugin what it is, in a process that is thrown away afterwards: the core never loads a library.
public protocol PluginProber: Sendable {
    /// - Returns: the CBOR map `{"plugin": {"id", "version", "level_min", "level_built"}, "components": [bytes],
    ///   "engines": [bytes]}`, in which the bytes are each the CBOR that a component or an engine describes itself by.
    /// - Throws: anything, whose description tells the person who installs the plugin what happened.
    func describe(_ library: StoredLibrary, _ manifest: Manifest) async throws -> [UInt8]
}

/// Compares what a plugin says of itself with what its manifest says.
public enum DescriptionCheck {
    /// The first difference, as a sentence without its end; nil when they agree.
    public static func difference(_ bytes: [UInt8], from manifest: Manifest) -> String? {
        let description: CBOR
        do {
            description = try CBOR(decoding: bytes, limits: CBORLimits(bytes: 16 * 1024 * 1024, depth: 64))
        } catch {
            return "its description is not CBOR: \(error)"
        }
        return pluginDifference(description["plugin"], manifest)
            ?? componentsDifference(description["components"], manifest.components)
            ?? enginesDifference(description["engines"], manifest.engines)
    }

    private static func pluginDifference(_ plugin: CBOR?, _ manifest: Manifest) -> String? {
        let expected: [(String, CBOR)] = [
            ("id", .text(manifest.plugin.id)), ("version", .text(manifest.plugin.version)),
            ("level_min", .int(manifest.abi.minimumLevel)), ("level_built", .int(manifest.abi.builtLevel)),
        ]
        for (key, value) in expected where plugin?[key] != value {
            return "its \(key) is \(text(plugin?[key])), the manifest's \(text(value))"
        }
        return nil
    }

    /// The items of a list, each a map in CBOR of its own or in place.
    private static func items(_ list: CBOR?) -> [CBOR]? {
        guard let list else { return [] }
        return list.asArray?.map { item in item.asBytes.flatMap { try? CBOR(decoding: $0) } ?? item }
    }

    private static func componentsDifference(_ list: CBOR?, _ declared: [ComponentDeclaration]) -> String? {
        guard let items = items(list) else { return "its components are not a list" }
        if let difference = namesDifference(items.map { $0["name"] }, declared.map(\.name), "components") {
            return difference
        }
        for component in declared {
            guard let item = items.first(where: { $0["name"] == .text(component.name) }) else { continue }
            if let difference = difference(item, from: component) {
                return "component \(component.name): \(difference)"
            }
        }
        return nil
    }

    private static func enginesDifference(_ list: CBOR?, _ declared: [EngineDeclaration]) -> String? {
        guard let items = items(list) else { return "its engines are not a list" }
        let names = items.map { $0.asText.map { .text($0) } ?? $0["name"] }
        if let difference = namesDifference(names, declared.map(\.name), "engines") { return difference }
        for engine in declared {
            let item = items.first { $0["name"] == .text(engine.name) }
            guard let durable = item?["durable"]?.asBool, durable != engine.isDurable else { continue }
            return "engine \(engine.name): durable is \(durable), the manifest's \(engine.isDurable)"
        }
        return nil
    }

    private static func difference(_ item: CBOR, from component: ComponentDeclaration) -> String? {
        let lists: [(String, [String])] = [
            ("roles", component.roles.map(\.rawValue)), ("inputs", component.inputs.map(\.name)),
            ("outputs", component.outputs.map(\.name)),
        ]
        for (key, names) in lists {
            if let difference = namesDifference(item[key]?.asArray ?? [], names, key) { return difference }
        }
        return kernelsDifference(item["kernels"], component.kernels)
            ?? parametersDifference(item["parameters"], component.parameters)
    }

    private static func kernelsDifference(_ list: CBOR?, _ declared: [KernelDeclaration]) -> String? {
        let kernels = list?.asArray ?? []
        if let difference = namesDifference(kernels.map { $0["name"] }, declared.map(\.name), "kernels") {
            return difference
        }
        for kernel in declared {
            let item = kernels.first { $0["name"] == .text(kernel.name) }
            if item?["revision"] != .int(kernel.revision) {
                return
                    "kernel \(kernel.name)'s revision is \(text(item?["revision"])), the manifest's \(kernel.revision)"
            }
        }
        return nil
    }

    /// Names must be the same and defaults must mean the same. A parameter without a default, or with null for one,
    /// may be absent on either side: coders leave such values out.
    private static func parametersDifference(_ parameters: CBOR?, _ schema: ParameterSchema) -> String? {
        let given = parameters?.asMap ?? [:]
        for name in given.keys.sorted() where schema.properties[name] == nil {
            return "it has a parameter \(name), which the manifest has not"
        }
        for name in schema.propertyNames {
            guard let property = schema.properties[name] else { continue }
            let declared = property.defaultValue.map { property.resolve($0).value } ?? .null
            let described = given[name].flatMap { JSON($0) } ?? .null
            if described.means(declared) || meansFilled(described, declared, property) { continue }
            if property.defaultValue == nil { continue }
            return "parameter \(name)'s default is \(described.text().prefix(200)), the manifest's "
                + "\(declared.text().prefix(200))"
        }
        return nil
    }

    /// Whether a described default means the declared one once both have their nested defaults; members that are null
    /// count as absent.
    private static func meansFilled(_ described: JSON, _ declared: JSON, _ property: ParameterSchema) -> Bool {
        withoutNulls(property.resolve(described).value).means(withoutNulls(declared))
    }

    private static func withoutNulls(_ json: JSON) -> JSON {
        guard let object = json.asObject else { return json }
        return .object(JSONObject(object.members.filter { !$0.value.isNull }.map { ($0.key, withoutNulls($0.value)) }))
    }

    private static func namesDifference(_ described: [CBOR?], _ declared: [String], _ what: String) -> String? {
        let names = described.map { $0?.asText ?? "?" }.sorted()
        guard names != declared.sorted() else { return nil }
        return "its \(what) are [\(names.joined(separator: ", "))], the manifest's "
            + "[\(declared.sorted().joined(separator: ", "))]"
    }

    private static func text(_ value: CBOR?) -> String { value.flatMap { JSON($0)?.text() } ?? "missing" }
}
