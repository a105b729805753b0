import NornABI

/// What flows into the task, by the names of its input ports.
public struct Inputs: Sendable {
    public struct Artifact: Sendable {
        public let name: String
        public let index: Int
        public let kind: ArtifactKind
        /// where it comes from, as `reader_0.data`
        public let source: String
        public let rows: Int
        public let schema: TableSchema?
    }

    public let artifacts: [Artifact]
    let attempt: Attempt

    /// Nothing flows into a component that has no right to artifacts.
    /// - Parameter hasPorts: a component without input ports is not to ask for an extension that it needs no permission for
    init(attempt: Attempt, hasPorts: Bool) throws {
        self.attempt = attempt
        guard hasPorts, let table = try? attempt.artifacts() else {
            artifacts = []
            return
        }
        let list = try slot(table.pointee.inputs, "inputs")
        let bytes = try gatherBytes { list(attempt.host, $0, $1) }
        guard case .array(let entries) = try CBOR(decoding: bytes) else { throw Inputs.damaged }
        artifacts = try entries.map { entry in
            guard let name = entry["name"]?.text, let kind = entry["kind"]?.text.flatMap(ArtifactKind.init) else {
                throw Inputs.damaged
            }
            return Artifact(
                name: name, index: entry["index"]?.int ?? 0, kind: kind, source: entry["from"]?.text ?? "",
                rows: entry["rows"]?.int ?? 0, schema: try Inputs.schema(entry["schema"]))
        }
    }

    /// The schema comes as a map, or as the bytes of one.
    private static func schema(_ value: CBOR?) throws -> TableSchema? {
        switch value {
        case .map(let map) where !map.isEmpty: try CBORDecoder().decode(from: CBOR.map(map))
        case .bytes(let bytes) where !bytes.isEmpty: try schema(try CBOR(decoding: bytes))
        default: nil
        }
    }

    private static let damaged = ComponentError(.internal, "The host's list of inputs cannot be read.", fault: .host)

    public func has(_ name: String) -> Bool { artifacts.contains { $0.name == name } }

    /// Throws `notFound` when the job gives no such table.
    public func table(_ name: String = "data", index: Int = 0) async throws -> Table {
        let artifact = try find(name, index, [.table])
        let attempt = attempt
        return try await attempt.blocking {
            let open = try slot(try attempt.artifacts().pointee.open_table, "open_table")
            var table: UInt64 = 0
            try name.withNornString { name in
                try withHostError { open(attempt.host, name, UInt32(index), &table, $0) }
            }
            return Table(schema: artifact.schema, handle: try TableHandle(attempt: attempt, table: table))
        }
    }

    /// All tables of a port that takes several, in order.
    public func tables(_ name: String) async throws -> [Table] {
        var tables: [Table] = []
        for artifact in artifacts where artifact.name == name && artifact.kind == .table {
            tables.append(try await table(name, index: artifact.index))
        }
        return tables
    }

    /// A model or cache that `Outputs.model` wrote.
    public func model<Model: Decodable>(
        _ type: Model.Type = Model.self, _ name: String = "model", index: Int = 0
    ) async throws -> Model {
        try CBORDecoder().decode(type, from: try await bytes(name, index: index))
    }

    /// A model's, cache's or file's bytes.
    public func bytes(_ name: String, index: Int = 0) async throws -> [UInt8] {
        _ = try find(name, index, [.model, .cache, .file])
        let attempt = attempt
        return try await attempt.blocking {
            let read = try slot(try attempt.artifacts().pointee.read, "read")
            return try name.withNornString { name in
                try gatherBytes { read(attempt.host, name, UInt32(index), $0, $1) }
            }
        }
    }

    /// Lends a model's, cache's or file's bytes in order, in pieces of at most 1 MiB, so that a large file needs no
    /// memory of its size. `body` must not keep a piece.
    public func forEachPiece(
        _ name: String, index: Int = 0, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        _ = try find(name, index, [.model, .cache, .file])
        let attempt = attempt
        // The body runs while this task waits for it, on one thread at a time: nothing is shared.
        try await withoutActuallyEscaping(body) { body in
            nonisolated(unsafe) let body = body
            try await attempt.blocking {
                let read = try slot(try attempt.artifacts().pointee.read, "read")
                try name.withNornString { name in
                    try receivePieces({ read(attempt.host, name, UInt32(index), $0, $1) }, body)
                }
            }
        }
    }

    private func find(_ name: String, _ index: Int, _ kinds: [ArtifactKind]) throws -> Artifact {
        let artifact = artifacts.first { $0.name == name && $0.index == index && kinds.contains($0.kind) }
        guard let artifact else {
            let given = artifacts.map { "\($0.name) (\($0.kind.rawValue))" }.joined(separator: ", ")
            throw ComponentError(
                .notFound, field: name,
                "This task has no such input; it has \(given.isEmpty ? "none" : given).", fault: .user)
        }
        return artifact
    }
}

/// What flows out of the task, by the names of its output ports; kept when the attempt succeeds.
public struct Outputs: Sendable {
    let attempt: Attempt

    /// - Parameter schema: the table's own when nil.
    public func table(_ table: Table, as name: String = "data", schema: TableSchema? = nil) async throws {
        guard let schema = schema ?? table.schema else {
            throw ComponentError(.invalidArgument, field: name, "A table that is handed out needs a schema.")
        }
        let bytes = try CBOREncoder().encode(schema)
        let attempt = attempt
        try await attempt.blocking {
            let output = try slot(try attempt.artifacts().pointee.output_table, "output_table")
            try name.withNornString { name in
                try bytes.withNornBytes { bytes in
                    try withHostError { output(attempt.host, name, table.handle.table, bytes, $0) }
                }
            }
        }
    }

    /// Writes a model (or cache) as CBOR.
    public func model<Model: Encodable>(_ model: Model, as name: String = "model") async throws {
        try await append(try CBOREncoder().encode(model), to: name)
    }

    /// Appends to a model, cache or file.
    public func append(_ bytes: [UInt8], to name: String) async throws {
        try await attempt.blocking { try appendBlocking(bytes, to: name) }
    }

    /// The same from code that runs on a thread of its own already, such as the body of `Table.forEachBatch`.
    public func appendBlocking(_ bytes: [UInt8], to name: String) throws {
        let write = try slot(try attempt.artifacts().pointee.write, "write")
        try name.withNornString { name in
            try bytes.withNornBytes { bytes in try withHostError { write(attempt.host, name, bytes, $0) } }
        }
    }
}
