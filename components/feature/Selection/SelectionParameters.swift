import NornKit

/// FATE's FeatureSelectionParam with its names and defaults.
struct SelectionParameters: ComponentParameters {
    var columnPlaces = ColumnPlaces.all
    var columnNames: [String]? = nil
    var methods: [String]? = nil
    var unique = UniqueValue()
    var ivValue = IVValue()
    var ivPercentile = IVPercentile()
    var ivTop = IVTop()
    var variation = Variation()
    var outlier = Outlier()
    var manual = Manual()
    var percentage = Percentage()
    var iv = CommonFilter(metrics: "iv")
    var statistic = CommonFilter(metrics: "mean")
    var psi = CommonFilter(metrics: "psi", takesHigh: false)
    var vif = CommonFilter(metrics: "vif", takesHigh: false, threshold: 5)
    var trees = CommonFilter(metrics: "feature_importance")
    var correlation = Correlation()
    /// Columns are named by their anonymous names.
    var usesAnonymous = false
    var needRun = true

    enum CodingKeys: String, CodingKey {
        case columnPlaces = "select_col_indexes"
        case columnNames = "select_names"
        case methods = "filter_methods"
        case unique = "unique_param"
        case ivValue = "iv_value_param"
        case ivPercentile = "iv_percentile_param"
        case ivTop = "iv_top_k_param"
        case variation = "variance_coe_param"
        case outlier = "outlier_param"
        case manual = "manually_param"
        case percentage = "percentage_value_param"
        case iv = "iv_param"
        case statistic = "statistic_param"
        case psi = "psi_param"
        case vif = "vif_param"
        case trees = "sbt_param"
        case correlation = "correlation_param"
        case usesAnonymous = "use_anonymous"
        case needRun = "need_run"
    }

    struct UniqueValue: Codable, Sendable {
        var eps = 1e-5
    }

    struct IVValue: Codable, Sendable {
        var threshold = 0.0
        var hostThresholds: [Double]? = nil
        var localOnly = false

        enum CodingKeys: String, CodingKey {
            case threshold = "value_threshold"
            case hostThresholds = "host_thresholds"
            case localOnly = "local_only"
        }
    }

    struct IVPercentile: Codable, Sendable {
        var share = 1.0
        var localOnly = false

        enum CodingKeys: String, CodingKey {
            case share = "percentile_threshold"
            case localOnly = "local_only"
        }
    }

    struct IVTop: Codable, Sendable {
        var count = 10
        var localOnly = false

        enum CodingKeys: String, CodingKey {
            case count = "k"
            case localOnly = "local_only"
        }
    }

    struct Variation: Codable, Sendable {
        var threshold = 1.0

        enum CodingKeys: String, CodingKey { case threshold = "value_threshold" }
    }

    struct Outlier: Codable, Sendable {
        var percentile = 1.0
        var threshold = 1.0

        enum CodingKeys: String, CodingKey {
            case percentile
            case threshold = "upper_threshold"
        }
    }

    struct Manual: Codable, Sendable {
        var outPlaces: [Int]? = nil
        var outNames: [String]? = nil
        var leftPlaces: [Int]? = nil
        var leftNames: [String]? = nil

        enum CodingKeys: String, CodingKey {
            case outPlaces = "filter_out_indexes"
            case outNames = "filter_out_names"
            case leftPlaces = "left_col_indexes"
            case leftNames = "left_col_names"
        }
    }

    struct Percentage: Codable, Sendable {
        var share = 1.0

        enum CodingKeys: String, CodingKey { case share = "upper_pct" }
    }

    struct Correlation: Codable, Sendable {
        var sortMetric = "iv"
        var threshold = 0.1
        var isFederated = true

        enum CodingKeys: String, CodingKey {
            case threshold
            case sortMetric = "sort_metric"
            case isFederated = "select_federated"
        }
    }

    /// A filter by values that another component computed: once, or for each of a list of metrics.
    struct CommonFilter: Codable, Sendable {
        var metrics: CBOR
        var type: CBOR = "threshold"
        var takesHigh: CBOR = true
        var threshold: CBOR = 1
        var hostThresholds: CBOR = .null
        var isFederated: CBOR = true
        var classMerge = "average"

        init(metrics: CBOR, takesHigh: CBOR = true, threshold: CBOR = 1) {
            self.metrics = metrics
            self.takesHigh = takesHigh
            self.threshold = threshold
        }

        enum CodingKeys: String, CodingKey {
            case metrics, threshold
            case type = "filter_type"
            case takesHigh = "take_high"
            case hostThresholds = "host_thresholds"
            case isFederated = "select_federated"
            case classMerge = "mul_class_merge_type"
        }
    }

    var allMethods: [FilterMethod] {
        (methods ?? [FilterMethod.manual.rawValue]).compactMap {
            FilterMethod(rawValue: $0.lowercased())
        }
    }

    func validate() throws {
        for method in methods ?? [] where FilterMethod(rawValue: method.lowercased()) == nil {
            throw ComponentError.invalid(
                field: "filter_methods",
                "\"\(method)\" is none of \(FilterMethod.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        func require(_ holds: Bool, _ field: String, _ message: String) throws {
            guard holds else { throw ComponentError.invalid(field: field, message) }
        }
        try require(unique.eps > 0, "unique_param.eps", "is not above 0")
        try require(
            0...1 ~= ivPercentile.share, "iv_percentile_param.percentile_threshold", "is not from 0 to 1")
        try require(ivTop.count > 0, "iv_top_k_param.k", "is not above 0")
        try require(0...1 ~= outlier.percentile, "outlier_param.percentile", "is not from 0 to 1")
        try require(
            0.1...1 ~= percentage.share, "percentage_value_param.upper_pct", "is not from 0.1 to 1")
        try require(
            correlation.sortMetric == "iv", "correlation_param.sort_metric",
            "\"\(correlation.sortMetric)\" is not iv, the only metric")
        try require(
            (manual.outPlaces == nil && manual.outNames == nil)
                || (manual.leftPlaces == nil && manual.leftNames == nil), "manually_param",
            "names columns to leave and columns to filter out: give one of them")
        for (field, filter) in [
            ("iv_param", iv), ("statistic_param", statistic), ("psi_param", psi), ("vif_param", vif),
            ("sbt_param", trees),
        ] { _ = try filter.filters(field) }
        for filter in try iv.filters("iv_param") {
            try require(
                filter.takesHigh, "iv_param.take_high", "is false: the columns of high iv are those to keep"
            )
        }
    }
}

/// FATE's names of filters.
enum FilterMethod: String, CaseIterable, Sendable {
    case manual = "manually"
    case unique = "unique_value"
    case iv = "iv_filter"
    case ivValue = "iv_value_thres"
    case ivPercentile = "iv_percentile"
    case ivTop = "iv_top_k"
    case statistic = "statistic_filter"
    case variation = "coefficient_of_variation_value_thres"
    case outlier = "outlier_cols"
    case percentage = "percentage_value"
    case psi = "psi_filter"
    case vif = "vif_filter"
    case correlation = "correlation_filter"
    case heteroTrees = "hetero_sbt_filter"
    case homoTrees = "homo_sbt_filter"
    case fastTrees = "hetero_fast_sbt_filter"
}

/// One filter by one metric.
struct MetricFilter: Sendable {
    enum Choice: Sendable, Equatable {
        case threshold(Double)
        case top(Int)
        case share(Double)
    }

    var metric: String
    var choice: Choice
    var takesHigh: Bool
    /// One for each host; nil: the guest's.
    var hostThresholds: [Double]?
    var isFederated: Bool

    /// FATE's name of the way of choosing.
    var type: String {
        switch choice {
        case .threshold: "threshold"
        case .top: "top_k"
        case .share: "top_percentile"
        }
    }

    var threshold: Double {
        switch choice {
        case .threshold(let value), .share(let value): value
        case .top(let count): Double(count)
        }
    }

    /// The places of the values that stay.
    /// - Parameter limits: for each value its own threshold
    func left(_ values: [Double], limits: [Double]? = nil) -> Set<Int> {
        switch choice {
        case .threshold(let threshold):
            return Set(
                values.indices.filter { place in
                    let limit = limits?[place] ?? threshold
                    return takesHigh ? values[place] >= limit : values[place] <= limit
                })
        case .top(let count): return top(count, values)
        case .share(let share): return top(Int((share * Double(values.count)).rounded(.up)), values)
        }
    }

    /// Of equal values the later ones go first when high ones stay, the earlier ones else, as in FATE.
    private func top(_ count: Int, _ values: [Double]) -> Set<Int> {
        let ascending = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
        return Set(takesHigh ? ascending.suffix(max(1, count)) : ascending.prefix(max(1, count)))
    }
}

extension SelectionParameters.CommonFilter {
    static let mostMetrics = 64

    /// One for each metric; what is not a list holds for all.
    func filters(_ field: String) throws -> [MetricFilter] {
        func refusal(_ name: String, _ message: String) -> ComponentError {
            .invalid(field: "\(field).\(name)", message)
        }
        let names = metrics.array ?? [metrics]
        guard 1...Self.mostMetrics ~= names.count else {
            throw refusal("metrics", "names \(names.count) metrics")
        }
        func value(_ list: CBOR, _ index: Int, _ name: String) throws -> CBOR {
            guard let values = list.array else { return list }
            guard metrics.array != nil, values.count == names.count else {
                throw refusal(name, "is a list of \(values.count) for \(names.count) metrics")
            }
            return values[index]
        }
        return try names.enumerated().map { index, name in
            guard let metric = name.text else {
                throw refusal("metrics", "is no text and no list of texts")
            }
            guard let high = try value(takesHigh, index, "take_high").bool,
                let isFederated = try value(isFederated, index, "select_federated").bool
            else { throw refusal("take_high", "or select_federated is no boolean") }
            guard let number = try value(threshold, index, "threshold").double else {
                throw refusal("threshold", "is no number")
            }
            let choice: MetricFilter.Choice
            switch try value(type, index, "filter_type").text {
            case "threshold": choice = .threshold(number)
            case "top_k":
                guard let count = Int(exactly: number), count > 0 else {
                    throw refusal("threshold", "is no whole number above 0, as filter_type top_k needs")
                }
                choice = .top(count)
            case "top_percentile":
                guard 0...1 ~= number else {
                    throw refusal("threshold", "is not from 0 to 1, as filter_type top_percentile needs")
                }
                choice = .share(number)
            default: throw refusal("filter_type", "is none of threshold, top_k and top_percentile")
            }
            return MetricFilter(
                metric: metric, choice: choice, takesHigh: high,
                hostThresholds: try hostLimits(index, field),
                isFederated: isFederated)
        }
    }

    /// A list of numbers, or a list of such lists, one for each metric.
    private func hostLimits(_ index: Int, _ field: String) throws -> [Double]? {
        guard hostThresholds != .null else { return nil }
        guard var list = hostThresholds.array else {
            throw ComponentError.invalid(field: "\(field).host_thresholds", "is no list")
        }
        if let inner = list.first?.array {
            guard list.indices.contains(index) else {
                throw ComponentError.invalid(
                    field: "\(field).host_thresholds", "has no list for every metric")
            }
            list = list[index].array ?? inner
        }
        let numbers = list.compactMap(\.double)
        guard numbers.count == list.count else {
            throw ComponentError.invalid(
                field: "\(field).host_thresholds", "holds something else than numbers")
        }
        return numbers
    }
}
