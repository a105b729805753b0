import NornKit

/// Reads uploaded text as numbers: which column is the label, what stands for a missing value, what the features are.
///
/// Rows of text may be dense (a field a column), svmlight (`label index:value …`) or tags (`name` or `name:value`).
/// What is missing stays missing (NaN) unless `missing_fill` is set.
struct DataTransform: Component {
    static let transform = Kernel.batches("transform", revision: 2, keepsKeys: true, TextRows.self)
    static let statistics = Kernel.fold("statistics", revision: 2, ColumnStatistics.self)
    static let sparseHeader = Kernel.fold("sparse_header", revision: 1, SparseHeader.self)

    static let descriptor = ComponentDescriptor(
        name: "DataTransform", roles: [.guest, .host, .local],
        inputs: [.table("data"), .model("model")], outputs: [.table("data"), .model("model")],
        kernels: [transform, statistics, sparseHeader])

    func run(_ context: TaskContext<DataTransformParameters>) async throws {
        let port = context.inputs.artifacts.first { $0.kind == .table }?.name ?? "data"
        let input = try await context.inputs.table(port)
        guard context.parameters.needRun else { return try await context.outputs.table(input) }
        guard let schema = input.schema, schema.layout == .text else {
            throw ComponentError(
                .failedPrecondition, field: port, "the input is not uploaded text: it is transformed already",
                fault: .user)
        }
        guard input.count > 0 else {
            throw ComponentError.invalid(field: port, "the table has no rows")
        }
        let model: DataTransformModel
        if context.inputs.has("model") {
            model = try await context.inputs.model(DataTransformModel.self)
        } else {
            let asked = try context.parameters.following(schema.meta)
            model = try await DataTransformFit(context: context, asked: asked, input: input, text: schema).model()
        }
        let plan = try model.plan(for: schema, party: context.party)
        let table = try await input.mapPartitions(Self.transform, with: plan)
        try context.tracking.summary([
            "count": .int(Int64(table.count)), "features": .int(Int64(plan.header.count)),
            "missing_fill_value": .map(model.parameters.imputer.values.mapValues(CBOR.text)),
            "missing_fill_rate": .map(model.parameters.imputer.ratios.mapValues(CBOR.double)),
            "outlier_replace_value": .map(model.parameters.outlier.values.mapValues(CBOR.text)),
            "outlier_replace_rate": .map(model.parameters.outlier.ratios.mapValues(CBOR.double)),
        ])
        try await context.outputs.model(model)
        try context.tracking.model(model.parameters)
        try await context.outputs.table(table, as: "data", schema: plan.schema)
    }
}

/// Learns columns and what stands in for missing values and outliers.
struct DataTransformFit {
    let context: TaskContext<DataTransformParameters>
    let asked: DataTransformParameters
    let input: Table
    let text: TableSchema

    func model() async throws -> DataTransformModel {
        var missing = Replacement(method: asked.missingFillMethod, texts: asked.missingImpute)
        var outliers = Replacement(method: asked.outlierReplaceMethod, texts: asked.outlierImpute)
        var model = DataTransformModel(asked, missing: missing, outliers: outliers)
        try await learnColumns(&model)
        if asked.missingFill {
            let plan = try model.plan(for: text, stage: .missing, party: context.party)
            try await learn(&missing, plan, designated: asked.defaultValue, field: "missing_fill_method")
            model.parameters.imputer = .init(values: missing.values, ratios: missing.ratios)
        }
        if asked.outlierReplace {
            let plan = try model.plan(for: text, stage: .outliers, party: context.party)
            try await learn(
                &outliers, plan, designated: asked.outlierReplaceValue, field: "outlier_replace_method")
            model.parameters.outlier = .init(values: outliers.values, ratios: outliers.ratios)
        }
        return model
    }

    private func learn(
        _ replacement: inout Replacement, _ plan: TextPlan, designated: Double, field: String
    ) async throws {
        let statistics = try await input.reduce(
            DataTransform.statistics,
            with: ColumnStatistics.Argument(plan: plan, wantsMedian: replacement.fill == .median))
        let empty = replacement.learn(
            header: plan.header, statistics: statistics, rows: statistics?.rows ?? 0, designated: designated)
        guard !empty.isEmpty else { return }
        context.log.warning(
            "\(field): \(empty.count) columns have no value to take the \(replacement.method) of and stay missing: "
                + empty.prefix(12).joined(separator: ", "))
    }

    private func learnColumns(_ model: inout DataTransformModel) async throws {
        model.parameters.sidName = text.idName
        model.parameters.matchIDName = asked.withMatchID ? try matchIDName() : ""
        model.parameters.labelName = asked.withLabel ? try labelName() : ""
        if model.meta.inputFormat == .dense {
            let apart = [model.parameters.labelName, model.parameters.matchIDName]
            model.parameters.header = text.header.filter { !apart.contains($0) }
        } else {
            let plan = try model.plan(for: text, party: context.party)
            model.parameters.header =
                try await input.reduce(DataTransform.sparseHeader, with: plan)?.header ?? []
        }
        model.parameters.anonymousHeader = AnonymousHeader.names(for: model.parameters.header, of: context.party)
    }

    private func matchIDName() throws -> String {
        guard asked.format == .dense else { return asked.matchIDName.isEmpty ? "match_id" : asked.matchIDName }
        if !asked.matchIDName.isEmpty {
            return try text.header[column(asked.matchIDName, "match_id_name")]
        }
        if let known = text.matchIDName { return known }
        guard asked.matchIDIndex < text.header.count else {
            throw ComponentError.invalid(
                field: "match_id_index", "is \(asked.matchIDIndex), but the table has \(text.header.count) columns")
        }
        return text.header[asked.matchIDIndex]
    }

    private func labelName() throws -> String {
        guard asked.format == .dense else { return asked.labelName }
        return try text.header[column(asked.labelName, "label_name")]
    }

    private func column(_ name: String, _ field: String) throws -> Int {
        if let column = text.column(named: name) { return column }
        // The error travels to the job's submitter, who may be another party: the columns are for this one's log.
        context.log.error("the table's columns are \(text.header.prefix(12).joined(separator: ", "))")
        throw ComponentError.invalid(
            field: field, "the table has no column \"\(name)\"; the log at its own party names the columns")
    }
}
