import NornKit

/// FATE's HomoFeatureBinningParam with its names and defaults.
struct HomoBinningParameters: ComponentParameters {
    enum Method: String, Sendable {
        case virtualSummary = "virtual_summary"
        case recursiveQuery = "recursive_query"
    }

    var method = Method.virtualSummary.rawValue
    /// Of FATE's quantile sketch; ranks are counted exactly here.
    var compressThreshold = 10_000
    var headSize = 10_000
    /// Of recursive_query: how far the rank of a split point may be off, as a part of all rows.
    var error = 1e-4
    /// Of virtual_summary: points between the lowest and the highest value.
    var sampleBins = 100
    var bins = 10
    var columnPlaces = ColumnPlaces.all
    var columnNames: [String]? = nil
    /// Of statistics, which this component has none of.
    var adjustment = 0.5
    var transform = BinningParameters.TransformParameters()
    var categoryPlaces = ColumnPlaces.none
    var categoryNames: [String]? = nil
    var needRun = true
    var skipsStatistics = false
    /// Of recursive_query: halvings between the lowest and the highest value.
    var maximumIterations = 100

    enum CodingKeys: String, CodingKey {
        case method, error
        case compressThreshold = "compress_thres"
        case headSize = "head_size"
        case sampleBins = "sample_bins"
        case bins = "bin_num"
        case columnPlaces = "bin_indexes"
        case columnNames = "bin_names"
        case adjustment = "adjustment_factor"
        case transform = "transform_param"
        case categoryPlaces = "category_indexes"
        case categoryNames = "category_names"
        case needRun = "need_run"
        case skipsStatistics = "skip_static"
        case maximumIterations = "max_iter"
    }

    static let mostBins = 1000
    static let mostSampleBins = 10_000
    static let mostIterations = 10_000

    var kind: Method { Method(rawValue: method.lowercased()) ?? .virtualSummary }

    func validate() throws {
        func require(_ holds: Bool, _ field: String, _ message: String) throws {
            guard holds else { throw ComponentError.invalid(field: field, message) }
        }
        func range(_ field: String, _ value: Int, _ most: Int) throws {
            try require(1...most ~= value, field, "is \(value), not between 1 and \(most)")
        }
        try require(
            Method(rawValue: method.lowercased()) != nil, "method",
            "\"\(method)\" is neither virtual_summary nor recursive_query")
        try range("bin_num", bins, Self.mostBins)
        try range("sample_bins", sampleBins, Self.mostSampleBins)
        try range("max_iter", maximumIterations, Self.mostIterations)
        try require(0...1 ~= error, "error", "is not between 0 and 1")
        try require(
            categoryPlaces.list == [] && (categoryNames ?? []).isEmpty, "category_indexes",
            "categories would show every party's values to the arbiter: encode them with HomoOneHotEncoder")
        try require(
            transform.type.map { $0 == "bin_num" } ?? true, "transform_param.transform_type",
            "\"\(transform.type ?? "")\" is neither bin_num nor null: no party counts labels of all")
    }
}
