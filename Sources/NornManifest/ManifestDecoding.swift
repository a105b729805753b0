/// A manifest and what is odd about it.
public struct DecodedManifest: Hashable, Sendable {
    public var manifest: Manifest
    public var warnings: [ManifestWarning]
}

extension Manifest {
    /// Reads the text of a `manifest.json`.
    /// - Throws: `ManifestError` that names the first thing that is wrong and its place. Unknown keys are warnings.
    public static func decode(_ bytes: [UInt8]) throws(ManifestError) -> DecodedManifest {
        let json: JSON
        do {
            json = try JSON(parsing: bytes, limits: JSONLimits(bytes: bytesMaximum, depth: 48))
        } catch {
            throw ManifestError(.syntax, at: error.path, error.description, "Correct the text.")
        }
        return try decode(json)
    }

    public static func decode(_ text: String) throws(ManifestError) -> DecodedManifest {
        try decode(Array(text.utf8))
    }

    /// Reads a manifest from its JSON value.
    public static func decode(_ json: JSON) throws(ManifestError) -> DecodedManifest {
        var decoder = ManifestDecoder()
        let manifest = try decoder.manifest(ManifestReader(json))
        return DecodedManifest(manifest: manifest, warnings: decoder.warnings)
    }
}

struct ManifestDecoder {
    var warnings: [ManifestWarning] = []

    mutating func warn(_ object: ManifestObject, knowing known: Set<String>) {
        warnings += object.unknownMembers(knowing: known)
    }

    mutating func manifest(_ reader: ManifestReader) throws(ManifestError) -> Manifest {
        let object = try reader.object()
        let number = try object.required("manifest")
        guard try number.count() == Manifest.number else {
            throw ManifestError(
                .unknownManifestNumber, at: number.path, "manifest number \(number.json) is not known",
                "This version reads number \(Manifest.number); use a plugin made for it, or a newer Norn.")
        }
        warn(
            object,
            knowing: ["manifest", "plugin", "abi", "libraries", "files", "python", "provider", "components", "engines"])
        let files = try files(object.optional("files"))
        let python = try python(object.optional("python"), among: files)
        var components: [ComponentDeclaration] = []
        for component in try object.optional("components")?.array(atMost: Manifest.componentsMaximum) ?? [] {
            components.append(try self.component(component))
        }
        var engines: [EngineDeclaration] = []
        for engine in try object.optional("engines")?.array(atMost: Manifest.enginesMaximum) ?? [] {
            engines.append(try self.engine(engine))
        }
        guard !components.isEmpty || !engines.isEmpty else {
            throw ManifestError(
                .missing, at: "components", "the plugin offers neither components nor engines",
                "Declare at least one of either.")
        }
        try refuseDuplicates(components.flatMap { [$0.name] + $0.aliases }, at: "components", ignoringCase: true)
        try refuseDuplicates(components.map(\.reference), at: "components", ignoringCase: false)
        try refuseDuplicates(engines.map(\.name), at: "engines", ignoringCase: false)
        return Manifest(
            plugin: try plugin(object.required("plugin")), abi: try abi(object.required("abi")),
            libraries: try libraries(object, isNeeded: python == nil), files: files, python: python,
            provider: try provider(object.optional("provider")), components: components, engines: engines)
    }

    func refuseDuplicates(_ names: [String], at path: String, ignoringCase: Bool) throws(ManifestError) {
        var seen: [String: String] = [:]
        for name in names {
            let known = seen.updateValue(name, forKey: ignoringCase ? name.lowercased() : name)
            // A component may list its own name in lower case among its aliases: two spellings, one component.
            guard let known, known == name || !ignoringCase else { continue }
            throw ManifestError(
                .duplicate, at: path, "the name \"\(name)\" is there twice", "Give every name once.")
        }
    }

    mutating func plugin(_ reader: ManifestReader) throws(ManifestError) -> Manifest.Plugin {
        let object = try reader.object()
        warn(object, knowing: ["id", "version", "vendor", "license", "summary"])
        return Manifest.Plugin(
            id: try object.required("id").name(marks: "._-"), version: try version(object.required("version")),
            vendor: try object.optional("vendor")?.text() ?? "", license: try object.optional("license")?.text() ?? "",
            summary: try object.optional("summary")?.text(maximum: 4096) ?? "")
    }

    func version(_ reader: ManifestReader) throws(ManifestError) -> String {
        let version = try reader.name(marks: "._-+", maximum: 64)
        guard version.first?.isNumber == true else {
            throw ManifestError(
                .wrongValue, at: reader.path, "\"\(version)\" is not a version", "Write it like 1.2.3.")
        }
        return version
    }

    mutating func abi(_ reader: ManifestReader) throws(ManifestError) -> Manifest.ABI {
        let object = try reader.object()
        warn(object, knowing: ["generation", "level_min", "level_built"])
        let minimum = try object.required("level_min").count(atMost: 65_535)
        return Manifest.ABI(
            generation: try object.required("generation").count(atLeast: 1, atMost: 65_535), minimumLevel: minimum,
            builtLevel: try object.required("level_built").count(atLeast: minimum, atMost: 65_535))
    }

    mutating func libraries(
        _ plugin: ManifestObject, isNeeded: Bool
    ) throws(ManifestError) -> [Manifest.Library] {
        guard isNeeded else {
            guard plugin.optional("libraries") == nil else {
                throw ManifestError(
                    .wrongValue, at: "libraries", "a plugin in Python has no library of its own",
                    "Leave \"libraries\" out; the bridge is its library.")
            }
            return []
        }
        let reader = try plugin.required("libraries")
        var libraries: [Manifest.Library] = []
        for element in try reader.array(atLeast: 1, atMost: Manifest.librariesMaximum) {
            let object = try element.object()
            warn(object, knowing: ["platform", "path", "sha256", "bytes", "runtime"])
            libraries.append(
                Manifest.Library(
                    platform: try object.required("platform").name(),
                    path: try path(object.required("path")), sha256: try digest(object.optional("sha256"))))
        }
        try refuseDuplicates(libraries.map(\.platform), at: reader.path, ignoringCase: false)
        return libraries
    }

    mutating func files(_ reader: ManifestReader?) throws(ManifestError) -> [Manifest.File] {
        guard let reader else { return [] }
        var files: [Manifest.File] = []
        for element in try reader.array(atMost: Manifest.filesMaximum) {
            let object = try element.object()
            warn(object, knowing: ["path", "sha256"])
            files.append(
                Manifest.File(
                    path: try path(object.required("path")), sha256: try digest(object.optional("sha256"))))
        }
        try refuseDuplicates(files.map(\.path), at: reader.path, ignoringCase: false)
        return files
    }

    mutating func python(
        _ reader: ManifestReader?, among files: [Manifest.File]
    ) throws(ManifestError) -> Manifest.Python? {
        guard let object = try reader?.object() else { return nil }
        warn(object, knowing: ["bridge", "file", "environment"])
        let file = try object.required("file")
        let path = try path(file)
        guard files.contains(where: { $0.path == path }) else {
            throw ManifestError(
                .wrongValue, at: file.path, "\"\(path)\" is not among the plugin's files", "Add it to \"files\".")
        }
        return Manifest.Python(
            bridge: try object.required("bridge").name(marks: "._-"), file: path,
            environment: try environment(object.optional("environment")))
    }

    private func environment(_ reader: ManifestReader?) throws(ManifestError) -> String? {
        guard let reader, !reader.json.isNull else { return nil }
        let path = try reader.text(maximum: Manifest.pathBytesMaximum, allowEmpty: false)
        guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw ManifestError(
                .wrongValue, at: reader.path, "\"\(path)\" is not an absolute path", "Give one without \"..\".")
        }
        return path
    }

    /// A relative path that stays inside the plugin's folder.
    func path(_ reader: ManifestReader) throws(ManifestError) -> String {
        let path = try reader.text(maximum: Manifest.pathBytesMaximum, allowEmpty: false)
        let steps = path.split(separator: "/", omittingEmptySubsequences: false)
        guard steps.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }) else {
            throw ManifestError(
                .wrongValue, at: reader.path, "\"\(path)\" is not a path inside the plugin's folder",
                "Give a relative path without empty steps, \".\" or \"..\".")
        }
        return path
    }

    /// An empty text or a mark in angle brackets stands for a digest that staging will fill in.
    func digest(_ reader: ManifestReader?) throws(ManifestError) -> String? {
        guard let reader else { return nil }
        let text = try reader.text(maximum: 128)
        if text.isEmpty || (text.hasPrefix("<") && text.hasSuffix(">")) { return nil }
        let digits = Set("0123456789abcdef".utf8)
        guard text.utf8.count == 64, text.utf8.allSatisfy(digits.contains) else {
            throw ManifestError(
                .wrongValue, at: reader.path, "the text is not a SHA-256 digest",
                "Give 64 lowercase hexadecimal digits.")
        }
        return text
    }

    mutating func provider(_ reader: ManifestReader?) throws(ManifestError) -> Manifest.Provider? {
        guard let object = try reader?.object() else { return nil }
        warn(object, knowing: ["name", "version"])
        return Manifest.Provider(
            name: try object.required("name").name(), version: try version(object.required("version")))
    }

    mutating func engine(_ reader: ManifestReader) throws(ManifestError) -> EngineDeclaration {
        let object = try reader.object()
        warn(object, knowing: ["name", "summary", "durable", "options"])
        return EngineDeclaration(
            name: try object.required("name").name(),
            summary: try object.optional("summary")?.text(maximum: 4096) ?? "",
            isDurable: try object.optional("durable")?.boolean() ?? false,
            options: try parameters(object.optional("options")))
    }

    func parameters(_ reader: ManifestReader?) throws(ManifestError) -> ParameterSchema {
        guard let reader else { return .noParameters }
        let schema = try ParameterSchema(json: reader.json, at: reader.path)
        guard schema.types == [.object] else {
            throw ManifestError(
                .wrongValue, at: JSONPath.joined(reader.path, "type"), "parameters are not of type object",
                "Write \"type\": \"object\".")
        }
        return schema
    }
}
