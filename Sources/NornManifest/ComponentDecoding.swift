extension ManifestDecoder {
    mutating func component(_ reader: ManifestReader) throws(ManifestError) -> ComponentDeclaration {
        let object = try reader.object()
        warn(
            object,
            knowing: [
                "name", "aliases", "reference", "summary", "roles", "parameters", "inputs", "outputs", "engines",
                "resources", "wire", "discloses", "permissions", "kernels", "key_lengths", "stop_grace_milliseconds",
                "contradictions", "needs_roles",
            ])
        let name = try object.required("name").name()
        let roles = try roles(object.required("roles"))
        let resources = try self.resources(object.optional("resources"), roles: roles)
        return ComponentDeclaration(
            name: name, aliases: try names(object.optional("aliases")),
            reference: try object.optional("reference")?.name() ?? name.lowercased(),
            summary: try object.optional("summary")?.text(maximum: 4096) ?? "", roles: roles,
            parameters: try parameters(object.optional("parameters")),
            contradictions: try contradictions(object.optional("contradictions")),
            neededRoles: try object.optional("needs_roles").map { reader throws(ManifestError) in
                try self.roles(reader, among: roles)
            } ?? [],
            inputs: try inputs(object.optional("inputs"), roles: roles),
            outputs: try outputs(object.optional("outputs"), roles: roles),
            engines: try names(object.required("engines"), atLeast: 1), standardResources: resources.standard,
            resourcesByRole: resources.byRole, wire: try wire(object.optional("wire"), roles: roles),
            discloses: try texts(object.optional("discloses")),
            permissions: try permissions(object.optional("permissions")),
            kernels: try kernels(object.optional("kernels")),
            keyLengths: try keyLengths(object.optional("key_lengths")),
            stopGraceMilliseconds: try object.optional("stop_grace_milliseconds")?
                .count(atMost: Manifest.stopGraceMillisecondsMaximum) ?? 2000)
    }

    func names(_ reader: ManifestReader?, atLeast minimum: Int = 0) throws(ManifestError) -> [String] {
        guard let reader else { return [] }
        var names: [String] = []
        for element in try reader.array(atLeast: minimum, atMost: 64) { names.append(try element.name()) }
        try refuseDuplicates(names, at: reader.path, ignoringCase: false)
        return names
    }

    func texts(_ reader: ManifestReader?) throws(ManifestError) -> [String] {
        var texts: [String] = []
        for element in try reader?.array(atMost: 64) ?? [] { texts.append(try element.text(maximum: 4096)) }
        return texts
    }

    /// Roles in their order, each once; only those of the component where these are given.
    func roles(_ reader: ManifestReader, among known: [Manifest.Role]? = nil) throws(ManifestError) -> [Manifest.Role] {
        var roles: [Manifest.Role] = []
        for element in try reader.array(atLeast: 1, atMost: 16) {
            let role = try element.choice(of: Manifest.Role.self)
            guard known?.contains(role) != false else {
                throw ManifestError(
                    .wrongValue, at: element.path, "the component has no role \"\(role.rawValue)\"",
                    "Give a role of the component.")
            }
            guard !roles.contains(role) else {
                throw ManifestError(
                    .duplicate, at: element.path, "the role \"\(role.rawValue)\" is there twice",
                    "Give every role once.")
            }
            roles.append(role)
        }
        return roles.sorted()
    }

    func portRoles(_ object: ManifestObject, among known: [Manifest.Role]) throws(ManifestError) -> [Manifest.Role] {
        guard let reader = object.optional("roles") else { return known }
        return try roles(reader, among: known)
    }

    mutating func inputs(_ reader: ManifestReader?, roles: [Manifest.Role]) throws(ManifestError) -> [InputPort] {
        guard let reader else { return [] }
        var ports: [InputPort] = []
        for element in try reader.array(atMost: Manifest.portsMaximum) {
            let object = try element.object()
            warn(object, knowing: ["name", "kind", "slots", "optional", "roles"])
            let name = try object.required("name").name()
            let kind = try object.required("kind").choice(of: PortKind.self)
            let slots = try object.optional("slots").map { reader throws(ManifestError) in try names(reader) }
            ports.append(
                InputPort(
                    name: name, kind: kind, slots: slots ?? (kind == .table ? [name] : []),
                    isOptional: try object.optional("optional")?.boolean() ?? false,
                    roles: try portRoles(object, among: roles)))
        }
        try refuseDuplicates(ports.map(\.name), at: reader.path, ignoringCase: false)
        try refuseDuplicates(ports.flatMap(\.slots), at: reader.path, ignoringCase: false)
        return ports
    }

    mutating func outputs(_ reader: ManifestReader?, roles: [Manifest.Role]) throws(ManifestError) -> [OutputPort] {
        guard let reader else { return [] }
        var ports: [OutputPort] = []
        for element in try reader.array(atMost: Manifest.portsMaximum) {
            let object = try element.object()
            warn(object, knowing: ["name", "kind", "roles"])
            ports.append(
                OutputPort(
                    name: try object.required("name").name(),
                    kind: try object.required("kind").choice(of: PortKind.self),
                    roles: try portRoles(object, among: roles)))
        }
        try refuseDuplicates(ports.map(\.name), at: reader.path, ignoringCase: false)
        return ports
    }

    mutating func resources(
        _ reader: ManifestReader?, roles: [Manifest.Role]
    ) throws(ManifestError) -> (standard: ResourceDeclaration, byRole: [Manifest.Role: ResourceDeclaration]) {
        guard let object = try reader?.object() else { return (.standard, [:]) }
        warn(object, knowing: Set(roles.map(\.rawValue) + ["default"]))
        let standard = try object.optional("default").map { reader throws(ManifestError) in
            try resource(reader, otherwise: .standard)
        }
        var byRole: [Manifest.Role: ResourceDeclaration] = [:]
        for role in roles {
            guard let reader = object.optional(role.rawValue) else { continue }
            byRole[role] = try resource(reader, otherwise: standard ?? .standard)
        }
        return (standard ?? .standard, byRole)
    }

    mutating func resource(
        _ reader: ManifestReader, otherwise base: ResourceDeclaration
    ) throws(ManifestError) -> ResourceDeclaration {
        let object = try reader.object()
        warn(
            object,
            knowing: [
                "cores", "memory_bytes", "working_nodes", "memory_bytes_per_million_rows", "cores_per_million_rows",
            ])
        var resource = base
        if let value = object.optional("cores") {
            resource.cores = try value.count(atLeast: 1, atMost: Manifest.coresMaximum)
        }
        if let value = object.optional("memory_bytes") {
            resource.memoryBytes = try value.count(atMost: Manifest.memoryBytesMaximum)
        }
        if let value = object.optional("working_nodes") {
            resource.workingNodes = try value.count(atLeast: 1, atMost: 4096)
        }
        if let value = object.optional("memory_bytes_per_million_rows") {
            resource.memoryBytesPerMillionRows = try value.count(atMost: Manifest.memoryBytesMaximum)
        }
        if let value = object.optional("cores_per_million_rows") {
            let number = try value.number()
            guard (0...Double(Manifest.coresMaximum)).contains(number) else {
                throw ManifestError(
                    .wrongValue, at: value.path, "\(number) is not within 0 and \(Manifest.coresMaximum)",
                    "Give a number from 0 to \(Manifest.coresMaximum).")
            }
            resource.coresPerMillionRows = number
        }
        return resource
    }

    mutating func wire(_ reader: ManifestReader?, roles: [Manifest.Role]) throws(ManifestError) -> [WireMessage] {
        guard let reader else { return [] }
        var messages: [WireMessage] = []
        for element in try reader.array(atMost: Manifest.wireMessagesMaximum) {
            let object = try element.object()
            warn(object, knowing: ["name", "from", "to", "kind", "class", "max_bytes", "discloses"])
            messages.append(
                WireMessage(
                    name: try object.required("name").name(marks: "_-./"),
                    from: try self.roles(object.required("from"), among: roles),
                    to: try self.roles(object.required("to"), among: roles),
                    kind: try object.required("kind").choice(of: WireMessage.Kind.self),
                    sensitivity: try object.required("class").choice(of: WireMessage.Sensitivity.self),
                    maximumBytes: try object.optional("max_bytes")?.count(atLeast: 1),
                    discloses: try object.optional("discloses")?.text(maximum: 4096) ?? ""))
        }
        try refuseDuplicates(messages.map(\.name), at: reader.path, ignoringCase: false)
        return messages
    }

    mutating func permissions(_ reader: ManifestReader?) throws(ManifestError) -> [Permission] {
        guard let reader else { return [] }
        var permissions: [Permission] = []
        for element in try reader.array(atMost: 64) {
            let object = try element.object()
            warn(object, knowing: ["extension", "why"])
            permissions.append(
                Permission(
                    extension: try object.required("extension").name(marks: "._-/"),
                    why: try object.optional("why")?.text(maximum: 4096) ?? ""))
        }
        try refuseDuplicates(permissions.map(\.extension), at: reader.path, ignoringCase: false)
        return permissions
    }

    mutating func keyLengths(_ reader: ManifestReader?) throws(ManifestError) -> [KeyLength] {
        guard let reader else { return [] }
        var keys: [KeyLength] = []
        for element in try reader.array(atMost: Manifest.keyLengthsMaximum) {
            let object = try element.object()
            warn(object, knowing: ["parameter", "when"])
            var conditions: [KeyLength.Condition] = []
            for condition in try object.optional("when")?.array(atMost: Manifest.keyLengthsMaximum) ?? [] {
                let object = try condition.object()
                warn(object, knowing: ["parameter", "values"])
                conditions.append(
                    KeyLength.Condition(
                        parameter: try object.required("parameter").name(marks: "_."),
                        values: try texts(object.required("values"))))
            }
            keys.append(
                KeyLength(parameter: try object.required("parameter").name(marks: "_."), conditions: conditions))
        }
        try refuseDuplicates(keys.map(\.parameter), at: reader.path, ignoringCase: false)
        return keys
    }

    mutating func kernels(_ reader: ManifestReader?) throws(ManifestError) -> [KernelDeclaration] {
        guard let reader else { return [] }
        var kernels: [KernelDeclaration] = []
        for element in try reader.array(atMost: Manifest.kernelsMaximum) {
            let object = try element.object()
            warn(object, knowing: ["name", "revision"])
            kernels.append(
                KernelDeclaration(
                    name: try object.required("name").name(marks: "_-."),
                    revision: try object.required("revision").count(atMost: Int(UInt32.max))))
        }
        try refuseDuplicates(kernels.map(\.name), at: reader.path, ignoringCase: false)
        return kernels
    }
}
