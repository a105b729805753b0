import NornManifest

extension WorkerStart {
    /// The first message on the channel.
    var message: CBOR {
        [
            "do": "start", "mode": "run",
            "attempt": attempt.message(component: component, parties: parties),
            "component_plugin": componentPlugin.message,
            "engine_plugin": enginePlugin.message,
            "engine": .text(engine),
            "engine_options": .bytes(engineOptions),
            "foreign_engines": .array(foreignEngines.map(\.message)),
            "parameters": .bytes(parameters),
            "inputs": .array(inputs.map(\.message)),
            "outputs": .array(outputs.map { ["name": .text($0.name), "kind": .text($0.kind)] }),
            "scratch": .text(scratch),
            "read": .array((readable + componentPlugin.readable).map { .text($0) }),
            "cores": .int(cores), "memory_bytes": .int(memoryBytes), "partitions": .int(partitions),
            "extensions": .array(extensions.map { .text($0) }),
            "sandbox": [
                "network": .bool(!sandbox.network), "landlock": .bool(sandbox.landlock),
                "seccomp": .bool(sandbox.seccomp), "required": .bool(sandbox.required),
            ],
            "grace_milliseconds": .int(graceMilliseconds),
            "live_until": .int(liveUntil ?? 0),
        ]
    }
}

extension AttemptIdentity {
    func message(component: String, parties: [String: [String]]) -> CBOR {
        [
            "job": .text(job), "task": .text(task), "component": .text(component), "attempt": .int(attempt),
            "role": .text(role), "party": .text(party),
            "parties": .map(parties.mapValues { .array($0.map { .text($0) }) }),
        ]
    }
}

extension PluginLibrary {
    var message: CBOR {
        var map: [String: CBOR] = ["path": .text(path), "sha256": .bytes(digest)]
        if let identity {
            map["identity"] = [
                .int(identity.device), .int(identity.inode), .int(identity.byteCount),
                .int(identity.modifiedNanoseconds),
            ]
        }
        return .map(map)
    }

    var hexadecimalDigest: String {
        let digits = Array("0123456789abcdef")
        return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

extension ForeignEngine {
    var message: CBOR {
        ["name": .text(name), "path": .text(library.path), "sha256": .bytes(library.digest)]
    }
}

extension WorkerInput {
    var message: CBOR {
        var map: [String: CBOR] = ["name": .text(name), "index": .int(index), "from": .text(from)]
        switch source {
        case .table(let engine, let descriptor, let schema, let rows):
            map["kind"] = "table"
            map["engine"] = .text(engine)
            map["descriptor"] = .bytes(descriptor)
            map["schema"] = .bytes(schema)
            map["rows"] = .int(rows)
        case .file(let kind, let path):
            map["kind"] = .text(kind)
            map["path"] = .text(path)
        }
        return .map(map)
    }
}
