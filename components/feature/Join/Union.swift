import NornKit

/// Puts several tables of one kind into one, in the order in which the job names them.
struct Union: Component {
    struct Parameters: ComponentParameters {
        var needRun = true
        /// Rows of fewer features than the header's are taken.
        var allowsMissing = false
        /// Keeps all rows of a repeated id under ids that name their table; else the first one's row stays.
        var keepsDuplicates = false

        enum CodingKeys: String, CodingKey {
            case needRun = "need_run"
            case allowsMissing = "allow_missing"
            case keepsDuplicates = "keep_duplicate"
        }
    }

    static let renamed = Kernel.batches("name_table", revision: 1, RenamedRows.self)

    static let descriptor = ComponentDescriptor(
        name: "Union", roles: [.guest, .host, .local], inputs: [.table("data")], outputs: [.table("data")],
        kernels: [renamed])

    func run(_ context: TaskContext<Parameters>) async throws {
        let artifacts = context.inputs.artifacts.filter { $0.kind == .table }
        guard let first = artifacts.first else {
            throw ComponentError(.notFound, field: "data", "the task has no table", fault: .user)
        }
        guard context.parameters.needRun else {
            return try await context.outputs.table(try await context.inputs.table(first.name, index: first.index))
        }
        guard artifacts.count > 1 else {
            throw ComponentError.invalid(field: "data", "Union needs more than one table")
        }
        var union: (table: Table, schema: TableSchema)?
        var points: [(key: CBOR, value: CBOR)] = []
        let sources = artifacts.map(\.source)
        for artifact in artifacts {
            // The same output may come in twice.
            let isRepeated = sources.count { $0 == artifact.source } > 1
            let name = isRepeated ? "\(artifact.source)_\(artifact.index)" : artifact.source
            var table = try await context.inputs.table(artifact.name, index: artifact.index)
            points.append((.text(name), .int(Int64(table.count))))
            guard let schema = table.schema else {
                throw ComponentError(
                    .failedPrecondition, field: "data", "\(name) has no schema", fault: .user)
            }
            if table.count == 0 { context.log.warning("[WARN] \(name) has no rows") }
            if let union, union.table.count > 0, table.count > 0 {
                try check(schema, like: union.schema, name)
            }
            if context.parameters.keepsDuplicates {
                table = try await table.mapPartitions(Self.renamed, with: RenamedRows.Argument(name: name))
            }
            if let before = union, before.table.count > 0 {
                if table.count > 0 { union = (try await before.table.union(table), before.schema) }
            } else {
                union = (table, schema)
            }
        }
        guard let union else { return }
        points.append(("Total", .int(Int64(union.table.count))))
        try context.tracking.series("union", namespace: "train", type: "UNION", points: points)
        try context.tracking.summary(
            Dictionary(
                points.compactMap { point in point.key.text.map { ($0, point.value) } }, uniquingKeysWith: { $1 }))
        try await context.outputs.table(union.table, schema: union.schema)
    }

    private func check(_ schema: TableSchema, like first: TableSchema, _ source: String) throws {
        let isAlike: [(Bool, String)] = [
            (schema.idName == first.idName, "another name of the id"),
            (schema.layout == first.layout && schema.content == first.content, "rows of another kind"),
            ((schema.labelName == nil) == (first.labelName == nil), "a label where the first has none, or none"),
            (schema.labelName == first.labelName, "another name of the label"),
            (schema.header == first.header, "other columns or another order of them"),
            (schema.weight == first.weight, "weights where the first has none, or none"),
            (schema.matchIDName == first.matchIDName, "another match id"),
        ]
        for (holds, difference) in isAlike where !holds {
            throw ComponentError(
                .failedPrecondition, field: "data", "\(source) cannot be put to the first table: it has \(difference)",
                fault: .user)
        }
    }
}

/// Ids that name their table: `id_table`.
struct RenamedRows: BatchBody {
    struct Argument: Codable, Sendable { let name: String }

    private let name: String

    init(_ argument: Argument, partition: PartitionPlace) { name = argument.name }

    mutating func step(_ batch: RowBatch, into output: inout RowOutput) throws {
        for row in 0..<batch.rows {
            try output.put(.text("\(batch.key(at: row))_\(name)"), Array(batch.valueBytes(at: row)))
        }
    }
}
