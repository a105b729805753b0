import NornKit

/// Statistics of each column, for people and for filters of features. Rows go out as they came.
struct DataStatistics: Component {
    struct Parameters: ComponentParameters {
        var statistics = StatisticNames.summary
        var columnNames: [String]? = nil
        var columnPlaces = ColumnPlaces.all
        var needRun = true
        /// Numbers that do not count.
        var abnormal: [CBOR]? = nil
        /// Quantiles are exact here.
        var quantileError = 1e-4
        var isBiased = true

        enum CodingKeys: String, CodingKey {
            case statistics
            case columnNames = "column_names"
            case columnPlaces = "column_indexes"
            case needRun = "need_run"
            case abnormal = "abnormal_list"
            case quantileError = "quantile_error"
            case isBiased = "bias"
        }

        func validate() throws {
            for name in statistics.names where Statistic(name: name) == nil {
                throw ComponentError.invalid(
                    field: "statistics",
                    "\"\(name)\" is neither a quantile such as 25% nor one of "
                        + Statistic.named.map(\.name).joined(separator: ", "))
            }
            guard 0...1 ~= quantileError else {
                throw ComponentError.invalid(field: "quantile_error", "is not between 0 and 1")
            }
        }
    }

    static let descriptor = ComponentDescriptor(
        name: "DataStatistics", roles: [.guest, .host, .local], inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model")])

    func run(_ context: TaskContext<Parameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        let asked = context.parameters
        guard asked.needRun else { return try await context.outputs.table(stage.table) }
        let data = try await stage.columns()
        let chosen = try asked.columnPlaces.resolve(
            names: asked.columnNames, header: data.header, fields: ("column_indexes", "column_names"))
        let abnormal = Set((asked.abnormal ?? []).compactMap { $0.double ?? $0.text.flatMap(Double.init) })
        let statistics = asked.statistics.all
        var values: [[Double]] = Array(repeating: [], count: statistics.count)
        for column in chosen {
            let all = data.values(column)
            let summary = ColumnSummary(
                all.filter { !$0.isNaN && !abnormal.contains($0) }, missing: all.count { $0.isNaN }, rows: data.rows,
                isBiased: asked.isBiased)
            for (place, statistic) in statistics.enumerated() { values[place].append(summary[statistic]) }
        }
        let names = chosen.map { data.header[$0] }
        let model = DataStatisticsModel(
            statistics: statistics.map(\.name), columns: names, values: values,
            anonymous: chosen.map { AnonymousNames.of(stage.schema, context.party)[$0] }, asked)
        try await context.outputs.model(model)
        try context.tracking.model(model.parameters)
        try context.tracking.summary(model.summary)
        try await context.outputs.table(stage.table)
    }
}

/// One statistic of a column.
enum Statistic: Sendable, Hashable {
    case count, sum, mean, deviation, median, minimum, maximum, variance, coefficientOfVariance
    case missingCount, missingRatio, skewness, kurtosis
    /// percent
    case quantile(Int)

    static let named: [Statistic] = [
        .count, .sum, .mean, .deviation, .median, .minimum, .maximum, .variance, .coefficientOfVariance, .missingCount,
        .missingRatio, .skewness, .kurtosis,
    ]
    /// What FATE computes in any case.
    static let basic: [Statistic] = [
        .sum, .mean, .deviation, .median, .minimum, .maximum, .missingRatio, .missingCount, .skewness, .kurtosis,
        .coefficientOfVariance,
    ]

    var name: String {
        switch self {
        case .count: "count"
        case .sum: "sum"
        case .mean: "mean"
        case .deviation: "stddev"
        case .median: "median"
        case .minimum: "min"
        case .maximum: "max"
        case .variance: "variance"
        case .coefficientOfVariance: "coefficient_of_variance"
        case .missingCount: "missing_count"
        case .missingRatio: "missing_ratio"
        case .skewness: "skewness"
        case .kurtosis: "kurtosis"
        case .quantile(let percent): "\(percent)%"
        }
    }

    init?(name: String) {
        if let known = Self.named.first(where: { $0.name == name }) {
            self = known
        } else if name.hasSuffix("%"), let percent = Int(name.dropLast()), 0...100 ~= percent {
            self = .quantile(percent)
        } else {
            return nil
        }
    }
}

/// FATE's parameter: `summary`, one name, or a list.
struct StatisticNames: Codable, Sendable {
    static let summary = StatisticNames(names: [])

    /// Beyond the basic ones.
    let names: [String]

    init(names: [String]) { self.names = names }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        let given = (try? value.decode(String.self)).map { [$0] }
        names = try (given ?? value.decode([String].self)).filter { $0 != "summary" }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        if names.isEmpty { try value.encode("summary") } else { try value.encode(names) }
    }

    var all: [Statistic] {
        Statistic.basic + names.compactMap(Statistic.init(name:)).filter { !Statistic.basic.contains($0) }
    }
}

/// The statistics of one column.
struct ColumnSummary: Sendable {
    private let sorted: [Double]
    private let moments: Moments
    private let missing: Int
    private let rows: Int
    private let isBiased: Bool

    init(_ values: [Double], missing: Int, rows: Int, isBiased: Bool) {
        sorted = values.sorted()
        moments = Moments(values)
        self.missing = missing
        self.rows = rows
        self.isBiased = isBiased
    }

    subscript(statistic: Statistic) -> Double {
        switch statistic {
        case .count: Double(moments.count)
        case .sum: moments.sum
        case .mean: moments.mean
        case .deviation: moments.deviation
        case .median: sorted.quantile(0.5)
        case .minimum: sorted.first ?? .nan
        case .maximum: sorted.last ?? .nan
        case .variance: moments.variance
        case .coefficientOfVariance: moments.coefficientOfVariance
        case .missingCount: Double(missing)
        case .missingRatio: Double(missing) / Double(max(1, rows))
        case .skewness: moments.skewness(isBiased: isBiased)
        case .kurtosis: moments.kurtosis(isBiased: isBiased)
        case .quantile(let percent): sorted.quantile(Double(percent) / 100)
        }
    }
}

/// What `DataStatistics` found, with the names of FATE's StatisticMeta and StatisticParam.
struct DataStatisticsModel: Codable, Sendable {
    struct Meta: Codable, Sendable {
        var statistics: [String]
        var columns: [String]
        var quantileError: Double
        var needRun: Bool

        enum CodingKeys: String, CodingKey {
            case statistics
            case columns = "static_columns"
            case quantileError = "quantile_error"
            case needRun = "need_run"
        }
    }

    struct Parameters: Codable, Sendable {
        var own: Results
        var modelName = "Statistic"

        enum CodingKeys: String, CodingKey {
            case own = "self_values"
            case modelName = "model_name"
        }
    }

    struct Results: Codable, Sendable {
        var results: [Result]
    }

    struct Result: Codable, Sendable {
        var values: [Double]
        var columns: [String]
        var anonymous: [String]
        var name: String

        enum CodingKeys: String, CodingKey {
            case values
            case columns = "col_names"
            case anonymous = "anonymous_col_names"
            case name = "value_name"
        }
    }

    var meta: Meta
    var parameters: Parameters

    enum CodingKeys: String, CodingKey {
        case meta = "StatisticMeta"
        case parameters = "StatisticParam"
    }

    init(
        statistics: [String], columns: [String], values: [[Double]], anonymous: [String],
        _ asked: DataStatistics.Parameters
    ) {
        meta = Meta(
            statistics: statistics, columns: columns, quantileError: asked.quantileError, needRun: asked.needRun)
        parameters = Parameters(
            own: Results(
                results: zip(statistics, values).map {
                    Result(values: $1, columns: columns, anonymous: anonymous, name: $0)
                }))
    }

    /// By column, then by statistic.
    var summary: [String: CBOR] {
        var summary: [String: [String: CBOR]] = [:]
        for result in parameters.own.results {
            for (column, value) in zip(result.columns, result.values) {
                summary[column, default: [:]][result.name] = .double(value)
            }
        }
        return summary.mapValues(CBOR.map)
    }

    /// A column's value of a statistic; nil where it was not computed.
    func value(_ statistic: String, of column: String) -> Double? {
        guard let result = parameters.own.results.first(where: { $0.name == statistic }),
            let place = result.columns.firstIndex(of: column)
        else { return nil }
        return result.values[place]
    }
}
