import NornKit

/// Whether a task fits or applies a model, and on which table: what components of one party alone have in common.
struct LocalStage: Sendable {
    let port: String
    let table: Table
    let schema: TableSchema
    let isFitting: Bool

    /// `train_data` fits; `data` fits unless a model comes in.
    init(_ inputs: Inputs) async throws {
        let tables = inputs.artifacts.filter { $0.kind == .table }.map(\.name)
        let known = ["train_data", "data", "test_data", "validate_data", "eval_data"]
        guard let port = known.first(where: tables.contains) ?? tables.first else {
            throw ComponentError(.notFound, field: "data", "the task has no table", fault: .user)
        }
        isFitting = port == "train_data" || !inputs.has("model")
        table = try await inputs.table(port)
        guard let schema = table.schema else {
            throw ComponentError(
                .failedPrecondition, field: port, "the table has no schema: put DataTransform before", fault: .user)
        }
        self.port = port
        self.schema = schema
    }

    /// The table's rows in memory, of which there must be some.
    func columns() async throws -> FeatureColumns {
        guard table.count > 0 else {
            throw ComponentError.invalid(field: port, "the table has no rows: is the intersection empty?")
        }
        return try await FeatureColumns(table, field: port)
    }

    /// For each column that a model was fitted on its place in this table.
    func places(of header: [String]) throws -> [Int] {
        try header.map { name in
            guard let place = schema.header.firstIndex(of: name) else {
                throw ComponentError(
                    .failedPrecondition, field: port,
                    "the table has no column \"\(name)\", which the model was fitted on", fault: .user)
            }
            return place
        }
    }

    /// The schema of a table with other columns.
    func schema(header: [String], of party: Party, anonymous: [String]? = nil) -> TableSchema {
        var schema = schema
        schema.header = header
        schema.anonymousHeader = anonymous ?? AnonymousNames.of(header, party)
        return schema
    }
}

/// Names of columns that tell another party nothing: `host_10000_x0`, numbered in the header's order.
enum AnonymousNames {
    static func of(_ header: [String], _ party: Party) -> [String] {
        header.indices.map { "\(party.role)_\(party.id)_x\($0)" }
    }

    /// A table's own, or those of its header where it has none for it.
    static func of(_ schema: TableSchema, _ party: Party) -> [String] {
        schema.anonymousHeader.count == schema.header.count ? schema.anonymousHeader : of(schema.header, party)
    }
}

extension TaskContext {
    /// Hands out the table changed by a kernel of the running component.
    func output(_ stage: LocalStage, changedBy change: RowChange, _ kernel: MapKernel<RowChange>) async throws {
        let table = try await stage.table.mapPartitions(kernel, with: change)
        guard table.count == stage.table.count else {
            throw ComponentError(
                .internal, field: stage.port, "\(stage.table.count) rows came in and \(table.count) go out",
                fault: .host)
        }
        try await outputs.table(table, schema: change.output)
    }
}

enum RowKernels {
    static let change = Kernel.batches("change_rows", revision: 1, keepsKeys: true, ChangedRows.self)
}
