import NornKit

/// Replaces missing values of a table of instances, column by column.
struct FeatureImputation: Component {
    struct Parameters: ComponentParameters {
        /// One for all columns, or one for each.
        var defaultValue: CBOR = 0
        var method: String? = nil
        var methods: [String: String]? = nil
        /// Numbers that count as missing, beside what is missing.
        var missing: [CBOR]? = nil
        var needRun = true

        enum CodingKeys: String, CodingKey {
            case defaultValue = "default_value"
            case method = "missing_fill_method"
            case methods = "col_missing_fill_method"
            case missing = "missing_impute"
            case needRun = "need_run"
        }

        func validate() throws {
            let known = ImputationMethod.allCases.map(\.rawValue).joined(separator: ", ")
            func check(_ method: String?, _ field: String) throws {
                guard let method else { return }
                guard ImputationMethod(rawValue: method.lowercased()) != nil else {
                    throw ComponentError.invalid(field: field, "\"\(method)\" is none of \(known)")
                }
            }
            try check(method, "missing_fill_method")
            for (column, method) in methods ?? [:] { try check(method, "col_missing_fill_method.\(column)") }
            guard designated(0) != nil || defaultValue.array?.isEmpty == true else {
                throw ComponentError.invalid(field: "default_value", "is neither a number nor a list of numbers")
            }
            for value in missing ?? [] where value != .null && value.double == nil && value.text == nil {
                throw ComponentError.invalid(field: "missing_impute", "holds numbers and texts only")
            }
        }

        func designated(_ column: Int) -> Double? {
            func number(_ value: CBOR) -> Double? { value.double ?? value.text.flatMap(Double.init) }
            guard let each = defaultValue.array else { return number(defaultValue) }
            return each.indices.contains(column) ? number(each[column]) : nil
        }

        /// nil: the column is left alone.
        func method(of column: String) -> ImputationMethod? {
            if let own = methods?[column] { return ImputationMethod(rawValue: own.lowercased()) }
            if let method { return ImputationMethod(rawValue: method.lowercased()) }
            return methods == nil ? .designated : nil
        }

        var missingNumbers: [Double] { (missing ?? []).compactMap { $0.double ?? $0.text.flatMap(Double.init) } }
    }

    static let descriptor = ComponentDescriptor(
        name: "FeatureImputation", roles: [.guest, .host, .local], inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model")], kernels: [RowKernels.change])

    func run(_ context: TaskContext<Parameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        guard context.parameters.needRun else { return try await context.outputs.table(stage.table) }
        guard stage.schema.layout != .sparse else {
            throw ComponentError.invalid(
                field: stage.port, "FeatureImputation takes dense rows: what a sparse row does not name is zero")
        }
        let model =
            stage.isFitting
            ? try FeatureImputationModel(fitting: try await stage.columns(), context.parameters)
            : try await context.inputs.model(FeatureImputationModel.self)
        let header = model.parameters.header
        let places = try stage.places(of: header)
        let change = RowChange(
            input: stage.schema,
            output: stage.schema(
                header: header, of: context.party,
                anonymous: places.map { AnonymousNames.of(stage.schema, context.party)[$0] }),
            columns: zip(header, places).map { model.change(of: $0, at: $1) })
        if stage.isFitting { warn(of: model.columnsWithoutValue, context.log) }
        try await context.outputs.model(model)
        try context.tracking.model(model.parameters)
        try context.tracking.summary(model.summary)
        try await context.output(stage, changedBy: change, RowKernels.change)
    }

    private func warn(of empty: [String], _ log: Log) {
        guard !empty.isEmpty else { return }
        log.warning(
            "missing_fill_method: \(empty.count) columns have no value to take a number of and stay missing: "
                + empty.prefix(12).joined(separator: ", "))
    }
}

enum ImputationMethod: String, CaseIterable, Sendable {
    case min, max, mean, median, designated
}

/// What a fitted `FeatureImputation` knows, with the names of FATE's FeatureImputationMeta and FeatureImputationParam.
struct FeatureImputationModel: Codable, Sendable {
    struct Meta: Codable, Sendable {
        var needRun = true
        var imputer: ImputerMeta

        enum CodingKeys: String, CodingKey {
            case needRun = "need_run"
            case imputer = "imputer_meta"
        }
    }

    struct ImputerMeta: Codable, Sendable {
        var isImputer = true
        var strategy: String
        var missing: [Double]

        enum CodingKeys: String, CodingKey {
            case isImputer = "is_imputer"
            case strategy
            case missing = "missing_value"
        }
    }

    struct Parameters: Codable, Sendable {
        var header: [String]
        var imputer: Imputer

        enum CodingKeys: String, CodingKey {
            case header
            case imputer = "imputer_param"
        }
    }

    /// Numbers stand as text, as FATE has them.
    struct Imputer: Codable, Sendable {
        var values: [String: String] = [:]
        var ratios: [String: Double] = [:]
        var types: [String: String] = [:]
        var skipped: [String] = []
        var methods: [String: String] = [:]

        enum CodingKeys: String, CodingKey {
            case values = "missing_replace_value"
            case ratios = "missing_value_ratio"
            case types = "missing_replace_value_type"
            case skipped = "skip_cols"
            case methods = "cols_replace_method"
        }
    }

    var meta: Meta
    var parameters: Parameters

    enum CodingKeys: String, CodingKey {
        case meta = "FeatureImputationMeta"
        case parameters = "FeatureImputationParam"
    }

    /// Columns that were to be filled and had nothing to take a number of.
    var columnsWithoutValue: [String] {
        let imputer = parameters.imputer
        return parameters.header.filter { imputer.values[$0] == nil && !imputer.skipped.contains($0) }
    }

    func change(of name: String, at place: Int) -> ColumnChange {
        guard let value = parameters.imputer.values[name].flatMap(Double.init) else { return .keep(place) }
        return ColumnChange(source: place, kind: .fill, numbers: [value] + meta.imputer.missing)
    }

    var summary: [String: CBOR] {
        let imputer = parameters.imputer
        return [
            "missing_value": .array(meta.imputer.missing.map(CBOR.double)),
            "missing_impute_value": .map(imputer.values.compactMapValues { Double($0).map(CBOR.double) }),
            "missing_impute_rate": .map(imputer.ratios.mapValues(CBOR.double)),
            "skip_cols": .array(imputer.skipped.map(CBOR.text)),
        ]
    }
}

extension FeatureImputationModel {
    init(fitting data: FeatureColumns, _ asked: FeatureImputation.Parameters) throws {
        for column in (asked.methods ?? [:]).keys where !data.header.contains(column) {
            throw ComponentError.invalid(
                field: "col_missing_fill_method", "the table has no column \"\(column)\"")
        }
        let absent = asked.missingNumbers
        meta = Meta(imputer: ImputerMeta(strategy: asked.method ?? "", missing: absent))
        var imputer = Imputer()
        for (column, name) in data.header.enumerated() {
            let all = data.values(column)
            let values = all.filter { !$0.isNaN && !absent.contains($0) }
            guard let method = asked.method(of: name) else {
                imputer.skipped.append(name)
                imputer.ratios[name] = 0
                imputer.methods[name] = "None"
                continue
            }
            imputer.ratios[name] = Double(all.count - values.count) / Double(all.count)
            imputer.methods[name] = method.rawValue
            imputer.types[name] = "float"
            // A column without any value stays as it is, missing, as DataTransform leaves it.
            guard method == .designated || !values.isEmpty else { continue }
            imputer.values[name] = String(try Self.value(method, values, asked.designated(column), column: name))
        }
        parameters = Parameters(header: data.header, imputer: imputer)
    }

    private static func value(
        _ method: ImputationMethod, _ values: [Double], _ designated: Double?, column: String
    ) throws -> Double {
        if method == .designated {
            guard let designated else {
                throw ComponentError.invalid(field: "default_value", "has no number for column \"\(column)\"")
            }
            return designated
        }
        switch method {
        case .min: return values.min() ?? .nan
        case .max: return values.max() ?? .nan
        case .mean: return values.reduce(0, +) / Double(values.count)
        case .median: return values.sorted().quantile(0.5)
        case .designated: return designated ?? .nan
        }
    }
}
