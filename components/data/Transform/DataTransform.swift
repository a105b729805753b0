import NornKit

/// Reads uploaded text as numbers: which column is the label, what stands for a missing value, what the features are.
struct DataTransform: Component {
    static let transform = Kernel.batches("transform", revision: 1, keepsKeys: true, DenseRows.self)
    static let statistics = Kernel.fold("statistics", revision: 1, ColumnStatistics.self)

    static let descriptor = ComponentDescriptor(
        name: "DataTransform", roles: [.guest, .host, .local],
        inputs: [.table("data"), .model("model")], outputs: [.table("data"), .model("model")],
        kernels: [transform, statistics])

    func run(_ context: TaskContext<DataTransformParameters>) async throws {
        let input = try await context.inputs.table("data")
        guard let schema = input.schema, schema.layout == .text else {
            throw ComponentError(
                .failedPrecondition, field: "data", "the input is not uploaded text: it is transformed already",
                fault: .user)
        }
        let model: DataTransformModel
        if context.inputs.has("model") {
            model = try await context.inputs.model(DataTransformModel.self)
        } else {
            model = try await fit(context, input, schema)
        }
        let plan = try model.plan(for: schema)
        let table = try await input.mapPartitions(Self.transform, with: plan)
        let result = model.schema(from: schema, hasLabel: plan.label != nil, party: context.party)
        try context.tracking.summary([
            "count": .int(Int64(table.count)), "features": .int(Int64(model.header.count)),
        ])
        try await context.outputs.model(model)
        try await context.outputs.table(table, as: "data", schema: result)
    }

    private func fit(
        _ context: TaskContext<DataTransformParameters>, _ input: Table, _ schema: TableSchema
    ) async throws -> DataTransformModel {
        let parameters = context.parameters
        if parameters.withLabel, !schema.header.contains(parameters.labelName) {
            // The error travels to the job's submitter, who may be another party: the columns are for this one's log.
            context.log.error("the table's columns are \(schema.header.prefix(12).joined(separator: ", "))")
            throw ComponentError.invalid(
                field: "label_name",
                "the table has no column \"\(parameters.labelName)\"; the log at its own party names the columns")
        }
        let label = parameters.withLabel ? parameters.labelName : nil
        let header = schema.header.filter { $0 != label }
        var model = DataTransformModel(parameters: parameters, header: header, label: label)
        if parameters.missingFill {
            let argument = try model.plan(for: schema)
            let statistics =
                model.needsStatistics
                ? try await input.reduce(Self.statistics, with: argument) : nil
            try model.learnFills(parameters, statistics)
        }
        return model
    }
}
