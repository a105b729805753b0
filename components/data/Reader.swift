import NornKit

/// Brings a stored table into the job. The site finds the table and checks its grant when the job is made; here it is
/// handed on as it is, or in as many partitions as the job asks for, with the names under which other parties may see
/// its columns.
struct Reader: Component {
    struct Parameters: ComponentParameters {
        struct TableName: Codable, Sendable {
            var name = ""
            var namespace = ""
        }

        var table: TableName? = nil
    }

    static let descriptor = ComponentDescriptor(
        name: "Reader", roles: [.guest, .host, .local],
        inputs: [.table("data")], outputs: [.table("data")])

    func run(_ context: TaskContext<Parameters>) async throws {
        let stored = try await context.inputs.table("data")
        guard var schema = stored.schema else {
            throw ComponentError(.failedPrecondition, field: "table", "the stored table has no schema", fault: .host)
        }
        let isAsAsked = stored.partitions == context.partitions
        let table = isAsAsked ? stored : try await stored.repartitioned(context.partitions)
        schema.anonymousHeader = AnonymousHeader.names(for: schema.features, of: context.party)
        try context.tracking.series(
            "reader_name", namespace: "reader_namespace", type: "data_info",
            points: [
                (.text("table_name"), .text(context.parameters.table?.name ?? "")),
                (.text("table_namespace"), .text(context.parameters.table?.namespace ?? "")),
                (.text("partitions"), .int(Int64(table.partitions))),
                (.text("count"), .int(Int64(table.count))),
            ])
        try context.tracking.summary(["count": .int(Int64(table.count))])
        try await context.outputs.table(table, as: "data", schema: schema)
    }
}
