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

    public func has(_ name: String) -> Bool { artifacts.contains { $0.name == name } }
    /// Throws `notFound` when the job gives no such table.
    public func table(_ name: String = "data", index: Int = 0) async throws -> Table { fatalError() }
    /// All tables of a port that takes several, in order.
    public func tables(_ name: String) async throws -> [Table] { fatalError() }
    /// A model or cache that `Outputs.model` wrote.
    public func model<Model: Decodable>(
        _ type: Model.Type, _ name: String = "model", index: Int = 0
    ) async throws -> Model { fatalError() }
    /// A model's, cache's or file's bytes.
    public func bytes(_ name: String, index: Int = 0) async throws -> [UInt8] { fatalError() }
}

/// What flows out of the task, by the names of its output ports; kept when the attempt succeeds.
public struct Outputs: Sendable {
    let attempt: Attempt

    /// - Parameter schema: the table's own when nil.
    public func table(_ table: Table, as name: String = "data", schema: TableSchema? = nil) async throws {
        fatalError()
    }
    /// Writes a model (or cache) as CBOR.
    public func model<Model: Encodable>(_ model: Model, as name: String = "model") async throws { fatalError() }
    /// Appends to a model, cache or file.
    public func append(_ bytes: [UInt8], to name: String) async throws { fatalError() }
}
