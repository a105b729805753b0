import NornKit

/// Makes a column for every value of a column: 1 where a row has that value, else 0. A value that fitting did not see
/// gives zeros only.
struct OneHotEncoder: Component {
    struct Parameters: ComponentParameters {
        var columnPlaces = ColumnPlaces.all
        var columnNames: [String]? = nil
        var needRun = true

        enum CodingKeys: String, CodingKey {
            case columnPlaces = "transform_col_indexes"
            case columnNames = "transform_col_names"
            case needRun = "need_run"
        }
    }

    static let descriptor = ComponentDescriptor(
        name: "OneHotEncoder", roles: [.guest, .host, .local],
        inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model")], kernels: [RowKernels.change])

    func run(_ context: TaskContext<Parameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        let asked = context.parameters
        guard asked.needRun else { return try await context.outputs.table(stage.table) }
        let model: OneHotModel
        if stage.isFitting {
            let data = try await stage.columns()
            let chosen = try asked.columnPlaces.resolve(
                names: asked.columnNames, header: data.header,
                fields: ("transform_col_indexes", "transform_col_names"))
            model = OneHotModel(header: data.header, values: try OneHotValues.found(data, chosen))
        } else {
            model = try await context.inputs.model(OneHotModel.self)
        }
        try await context.outputs.model(model)
        try await context.encode(stage, model)
    }
}

extension TaskContext {
    /// Hands out the rows as the model encodes them, its view and its summary.
    func encode(_ stage: LocalStage, _ model: OneHotModel) async throws {
        let places = try stage.places(of: model.meta.header)
        let anonymous = AnonymousNames.of(stage.schema, party)
        try tracking.model(model.parameters)
        try tracking.summary([
            "original_dimension": .int(Int64(model.meta.header.count)),
            "transferred_dimension": .int(Int64(model.parameters.header.count)),
        ])
        let change = RowChange(
            input: stage.schema,
            output: stage.schema(
                header: model.parameters.header, of: party,
                anonymous: model.anonymous(places.map { anonymous[$0] })),
            columns: model.changes(places: places))
        try await output(stage, changedBy: change, RowKernels.change)
    }
}

/// The values of columns to encode.
enum OneHotValues {
    /// Of one column, as in FATE.
    static let most = 1024

    /// By column, ascending. Missing values have no column.
    static func found(_ data: FeatureColumns, _ columns: [Int]) throws -> [String: [Int]] {
        var found: [String: [Int]] = [:]
        for column in columns {
            let name = data.header[column]
            var values: Set<Int> = []
            for value in data.values(column) where !value.isNaN {
                guard let whole = Int(exactly: value) else {
                    throw ComponentError.invalid(
                        field: name,
                        "holds a value that is not a whole number: bin the column before, or leave it out")
                }
                values.insert(whole)
                guard values.count <= most else {
                    throw ComponentError.invalid(
                        field: name, "has more than \(most) values, which is more than can be encoded")
                }
            }
            found[name] = values.sorted()
        }
        return found
    }
}

/// What an encoder learned, with the names of FATE's OneHotMeta and OneHotParam.
struct OneHotModel: Codable, Sendable {
    struct Meta: Codable, Sendable {
        var encoded: [String]
        var header: [String]
        var needRun = true

        enum CodingKeys: String, CodingKey {
            case header
            case encoded = "transform_col_names"
            case needRun = "need_run"
        }
    }

    struct Parameters: Codable, Sendable {
        var columns: [String: Column]
        var header: [String]

        enum CodingKeys: String, CodingKey {
            case columns = "col_map"
            case header = "result_header"
        }
    }

    struct Column: Codable, Sendable {
        /// As text, as FATE has them.
        var values: [String]
        var type = "int"
        var header: [String]

        enum CodingKeys: String, CodingKey {
            case values
            case type = "data_type"
            case header = "transformed_headers"
        }
    }

    var meta: Meta
    var parameters: Parameters

    enum CodingKeys: String, CodingKey {
        case meta = "OneHotMeta"
        case parameters = "OneHotParam"
    }

    init(header: [String], values: [String: [Int]]) {
        meta = Meta(encoded: header.filter { values[$0] != nil }, header: header)
        let columns = values.reduce(into: [String: Column]()) { columns, entry in
            columns[entry.key] = Column(
                values: entry.value.map(String.init), header: entry.value.map { "\(entry.key)_\($0)" })
        }
        parameters = Parameters(
            columns: columns, header: header.flatMap { columns[$0]?.header ?? [$0] })
    }

    func changes(places: [Int]) -> [ColumnChange] {
        zip(meta.header, places).map { name, place in
            guard let column = parameters.columns[name] else { return .keep(place) }
            return ColumnChange(
                source: place, kind: .oneHot, numbers: column.values.compactMap(Double.init))
        }
    }

    /// New columns are numbered under the anonymous name of their source.
    func anonymous(_ names: [String]) -> [String] {
        zip(meta.header, names).flatMap { name, anonymous in
            parameters.columns[name]?.values.indices.map { "\(anonymous)_\($0)" } ?? [anonymous]
        }
    }
}
