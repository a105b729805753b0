import NornKit

/// The same where each party holds whole rows: the arbiter puts the values of all parties together, so that all make the
/// same columns.
struct HomoOneHotEncoder: Component {
    struct Parameters: ComponentParameters {
        var columnPlaces = ColumnPlaces.all
        var columnNames: [String]? = nil
        var needRun = true
        var needAlignment = true

        enum CodingKeys: String, CodingKey {
            case columnPlaces = "transform_col_indexes"
            case columnNames = "transform_col_names"
            case needRun = "need_run"
            case needAlignment = "need_alignment"
        }
    }

    static let descriptor = ComponentDescriptor(
        name: "HomoOneHotEncoder", roles: [.guest, .host, .arbiter],
        inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model")], kernels: [RowKernels.change])

    private static let plan = "encoder_plan"
    private static let found = "column_values"
    private static let aligned = "aligned_values"

    func run(_ context: TaskContext<Parameters>) async throws {
        let asked = context.parameters
        guard context.role != .arbiter else {
            if asked.needRun, asked.needAlignment { try await align(context) }
            return
        }
        let stage = try await LocalStage(context.inputs)
        guard asked.needRun else { return try await context.outputs.table(stage.table) }
        let model: OneHotModel
        if stage.isFitting {
            let data = try await stage.columns()
            let chosen = try asked.columnPlaces.resolve(
                names: asked.columnNames, header: data.header,
                fields: ("transform_col_indexes", "transform_col_names"))
            var values = try OneHotValues.found(data, chosen)
            if asked.needAlignment {
                try await tell(fits: true, context)
                values = try await exchange(values, context)
            }
            model = OneHotModel(header: data.header, values: values)
        } else {
            model = try await context.inputs.model(OneHotModel.self)
            if asked.needAlignment { try await tell(fits: false, context) }
        }
        try await context.outputs.model(model)
        try await context.encode(stage, model)
    }

    /// The arbiter has neither rows nor a model to see by whether values will come.
    private func tell(fits: Bool, _ context: TaskContext<Parameters>) async throws {
        guard context.role == .guest else { return }
        try await context.federation.send(fits, name: Self.plan, to: .arbiter)
    }

    private func exchange(
        _ values: [String: [Int]], _ context: TaskContext<Parameters>
    ) async throws -> [String: [Int]] {
        guard let arbiter = context.parties[.arbiter].first, context.parties[.arbiter].count == 1 else {
            throw ComponentError(
                .failedPrecondition, field: "need_alignment",
                "HomoOneHotEncoder needs one arbiter to align values.",
                fault: .user)
        }
        try await context.federation.send(values, name: Self.found, to: arbiter)
        let all = try await context.federation.receive(
            [String: [Int]].self, name: Self.aligned, from: arbiter)
        guard Set(all.keys) == Set(values.keys),
            values.allSatisfy({ Set($1).isSubset(of: all[$0] ?? []) }),
            all.values.allSatisfy({ $0 == Set($0).sorted() })
        else {
            throw ComponentError.peer(
                arbiter, "the values that it put together are not those of all parties")
        }
        return all
    }

    private func align(_ context: TaskContext<Parameters>) async throws {
        guard let guest = context.parties[.guest].first else {
            throw ComponentError(.failedPrecondition, "HomoOneHotEncoder needs a guest.", fault: .user)
        }
        guard try await context.federation.receive(Bool.self, name: Self.plan, from: guest) else { return }
        let owners = context.parties[.guest] + context.parties[.host]
        var all: [String: Set<Int>]?
        for owner in owners {
            let values = try await context.federation.receive(
                [String: [Int]].self, name: Self.found, from: owner)
            guard values.values.allSatisfy({ $0.count <= OneHotValues.most }) else {
                throw ComponentError.peer(owner, "a column of it has more than \(OneHotValues.most) values")
            }
            guard let before = all else {
                all = values.mapValues(Set.init)
                continue
            }
            guard Set(before.keys) == Set(values.keys) else {
                throw ComponentError.invalid(
                    field: "data",
                    "\(owner) encodes other columns than \(owners[0]): give all parties the same")
            }
            all = before.merging(values.mapValues(Set.init)) { $0.union($1) }
        }
        let aligned = (all ?? [:]).mapValues { $0.sorted() }
        for (column, values) in aligned where values.count > OneHotValues.most {
            throw ComponentError.invalid(
                field: column,
                "has more than \(OneHotValues.most) values over all parties, which cannot be encoded")
        }
        for owner in owners {
            try await context.federation.send(aligned, name: Self.aligned, to: owner)
        }
    }
}
