import NornKit

/// Scales columns by what each holds: (x - mean) / deviation, or (x - lowest) / (highest - lowest). Values beyond the
/// limits, which are the fitted column's extremes, given numbers or given quantiles, count as the limit.
struct FeatureScale: Component {
    static let descriptor = ComponentDescriptor(
        name: "FeatureScale", roles: [.guest, .host, .local], inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model")], kernels: [RowKernels.change])

    func run(_ context: TaskContext<FeatureScaleParameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        guard context.parameters.needRun else { return try await context.outputs.table(stage.table) }
        let model =
            stage.isFitting
            ? try FeatureScaleModel(fitting: try await stage.columns(), context.parameters)
            : try await context.inputs.model(FeatureScaleModel.self)
        if stage.isFitting, !model.columnsWithoutValue.isEmpty {
            context.log.warning(
                "\(model.columnsWithoutValue.count) columns have no value to scale by and stay missing: "
                    + model.columnsWithoutValue.prefix(12).joined(separator: ", "))
        }
        let places = try stage.places(of: model.parameters.header)
        let change = RowChange(
            input: stage.schema,
            output: stage.schema(
                header: model.parameters.header, of: context.party,
                anonymous: places.map { AnonymousNames.of(stage.schema, context.party)[$0] }),
            columns: zip(model.parameters.header, places).map { model.change(of: $0, at: $1) })
        try await context.outputs.model(model)
        try context.tracking.model(model.parameters)
        let summary = model.parameters.columns.mapValues(\.summary)
        try context.tracking.summary(summary)
        try context.tracking.series("scale", namespace: "train", type: "SCALE", points: [], meta: summary)
        try await context.output(stage, changedBy: change, RowKernels.change)
    }
}

/// What a fitted `FeatureScale` knows, with the names of FATE's ScaleMeta and ScaleParam.
struct FeatureScaleModel: Codable, Sendable {
    var meta: Meta
    var parameters: Parameters

    enum CodingKeys: String, CodingKey {
        case meta = "ScaleMeta"
        case parameters = "ScaleParam"
    }

    struct Meta: Codable, Sendable {
        var method: String
        var mode: String
        var area = "null"
        var scaleColumn: [String]
        var upper: [String]
        var lower: [String]
        var withMean: Bool
        var withDeviation: Bool
        var needRun = true

        enum CodingKeys: String, CodingKey {
            case method, mode, area
            case scaleColumn = "scale_column"
            case upper = "feat_upper"
            case lower = "feat_lower"
            case withMean = "with_mean"
            case withDeviation = "with_std"
            case needRun = "need_run"
        }
    }

    struct Parameters: Codable, Sendable {
        var columns: [String: Column]
        var header: [String]
        var needRun = true

        enum CodingKeys: String, CodingKey {
            case columns = "col_scale_param"
            case header
            case needRun = "need_run"
        }
    }

    struct Column: Codable, Sendable {
        var upper: Double
        var lower: Double
        var mean = 0.0
        var deviation = 0.0

        enum CodingKeys: String, CodingKey {
            case upper = "column_upper"
            case lower = "column_lower"
            case mean
            case deviation = "std"
        }

        var summary: CBOR {
            [
                "column_upper": .double(upper), "column_lower": .double(lower), "mean": .double(mean),
                "std": .double(deviation),
            ]
        }
    }

    /// A deviation or range below this counts as 1.
    static let smallestDivisor = 1e-6

    /// Columns that were to be scaled and had nothing to scale by.
    var columnsWithoutValue: [String] { meta.scaleColumn.filter { parameters.columns[$0] == nil } }

    func change(of name: String, at place: Int) -> ColumnChange {
        guard let column = parameters.columns[name] else { return .keep(place) }
        let (shift, divisor) =
            meta.method == "standard_scale"
            ? (column.mean, column.deviation) : (column.lower, Self.divisor(column.upper - column.lower))
        return ColumnChange(source: place, kind: .scale, numbers: [column.lower, column.upper, shift, divisor])
    }

    static func divisor(_ range: Double) -> Double { abs(range) < smallestDivisor ? 1 : range }
}

extension FeatureScaleModel {
    init(fitting data: FeatureColumns, _ asked: FeatureScaleParameters) throws {
        let chosen = try asked.columnPlaces.resolve(
            names: asked.columnNames, header: data.header, fields: ("scale_col_indexes", "scale_names"))
        for (field, limits) in [("feat_upper", asked.upper), ("feat_lower", asked.lower)] {
            try limits?.check(columns: data.count, field: field)
        }
        func texts(_ limits: FeatureScaleParameters.Limits?) -> [String] {
            data.header.indices.map { column in limits.map { "\($0[column])" } ?? "None" }
        }
        meta = Meta(
            method: asked.method.lowercased(), mode: asked.mode.lowercased(),
            scaleColumn: chosen.map { data.header[$0] },
            upper: texts(asked.upper), lower: texts(asked.lower), withMean: asked.withMean,
            withDeviation: asked.withDeviation)
        parameters = Parameters(columns: [:], header: data.header)
        for column in chosen {
            let values = data.values(column).withoutMissing
            // A column without any value stays as it is, missing.
            guard !values.isEmpty else { continue }
            parameters.columns[data.header[column]] = Self.fit(values, column: column, asked)
        }
    }

    private static func fit(_ values: [Double], column: Int, _ asked: FeatureScaleParameters) -> Column {
        let (lower, upper) = limits(values, column: column, asked)
        guard asked.isStandard else { return Column(upper: upper, lower: lower) }
        let isLimited = asked.upper != nil || asked.lower != nil
        let moments = Moments(isLimited ? values.map { min(max($0, lower), upper) } : values)
        return Column(
            upper: upper, lower: lower, mean: asked.withMean ? moments.mean : 0,
            deviation: asked.withDeviation ? divisor(moments.deviation) : 1)
    }

    private static func limits(
        _ values: [Double], column: Int, _ asked: FeatureScaleParameters
    ) -> (lower: Double, upper: Double) {
        if asked.isCap {
            let sorted = values.sorted()
            return (sorted.quantile(asked.lower?[column] ?? 0), sorted.quantile(asked.upper?[column] ?? 1))
        }
        var lower = values.min() ?? 0
        var upper = values.max() ?? 0
        if let limit = asked.upper?[column] {
            upper = min(upper, limit)
            lower = min(lower, limit)
        }
        if let limit = asked.lower?[column] {
            upper = max(upper, limit)
            lower = max(lower, limit)
        }
        return (lower, upper)
    }
}
