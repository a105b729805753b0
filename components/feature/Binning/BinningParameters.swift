import NornCrypto
import NornKit

/// FATE's HeteroFeatureBinningParam with its names and defaults, but for the key, which has 2048 bits here.
struct BinningParameters: ComponentParameters {
    var method = "quantile"
    /// Of FATE's quantile sketch; quantiles are exact here.
    var compressThreshold = 10_000
    var headSize = 10_000
    var error = 1e-4
    var bins = 10
    var columnPlaces = ColumnPlaces.all
    var columnNames: [String]? = nil
    var adjustment = 0.5
    var transform = TransformParameters()
    var optimal = OptimalParameters()
    var localOnly = false
    var categoryPlaces = ColumnPlaces.none
    var categoryNames: [String]? = nil
    var encryption = EncryptionParameters()
    var needRun = true
    var skipsStatistics = false
    var manualByPlace: [String: [Double]]? = nil
    var manualByName: [String: [Double]]? = nil
    /// A bin of fewer rows is put to its neighbour before another party learns of it; a site may raise it.
    var minimumRowsPerCell = 0

    enum CodingKeys: String, CodingKey {
        case method, error
        case compressThreshold = "compress_thres"
        case headSize = "head_size"
        case bins = "bin_num"
        case columnPlaces = "bin_indexes"
        case columnNames = "bin_names"
        case adjustment = "adjustment_factor"
        case transform = "transform_param"
        case optimal = "optimal_binning_param"
        case localOnly = "local_only"
        case categoryPlaces = "category_indexes"
        case categoryNames = "category_names"
        case encryption = "encrypt_param"
        case needRun = "need_run"
        case skipsStatistics = "skip_static"
        case manualByPlace = "split_points_by_index"
        case manualByName = "split_points_by_col_name"
        case minimumRowsPerCell = "minimum_rows_per_cell"
    }

    struct TransformParameters: Codable, Sendable {
        var columnPlaces = ColumnPlaces.all
        var columnNames: [String]? = nil
        var type: String? = "bin_num"

        enum CodingKeys: String, CodingKey {
            case columnPlaces = "transform_cols"
            case columnNames = "transform_names"
            case type = "transform_type"
        }

        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(columnPlaces, forKey: .columnPlaces)
            try values.encode(columnNames, forKey: .columnNames)
            try values.encode(type, forKey: .type)
        }
    }

    struct OptimalParameters: Codable, Sendable {
        var metric = "iv"
        var minimumShare = 0.05
        var maximumShare = 1.0
        var firstBins = 1000
        var mixture = true
        var firstMethod = "quantile"

        enum CodingKeys: String, CodingKey {
            case mixture
            case metric = "metric_method"
            case minimumShare = "min_bin_pct"
            case maximumShare = "max_bin_pct"
            case firstBins = "init_bin_nums"
            case firstMethod = "init_bucket_method"
        }
    }

    struct EncryptionParameters: Codable, Sendable {
        var method: String? = "Paillier"
        var keyLength = PaillierPublicKey.recommendedBits

        enum CodingKeys: String, CodingKey {
            case method
            case keyLength = "key_length"
        }
    }

    static let mostBins = 100_000

    var kind: BinningMethod { BinningMethod(rawValue: method.lowercased()) ?? .quantile }

    func validate() throws {
        func require(_ holds: Bool, _ field: String, _ message: String) throws {
            guard holds else { throw ComponentError.invalid(field: field, message) }
        }
        try require(
            BinningMethod(rawValue: method.lowercased()) != nil, "method",
            "\"\(method)\" is none of quantile, bucket and optimal")
        try require(1...Self.mostBins ~= bins, "bin_num", "is \(bins), not between 1 and \(Self.mostBins)")
        try require(0...1 ~= error, "error", "is not between 0 and 1")
        try require(adjustment > 0 && adjustment <= 1, "adjustment_factor", "is not above 0 and at most 1")
        try require(minimumRowsPerCell >= 0, "minimum_rows_per_cell", "is negative")
        try require(
            transform.type.map { ["bin_num", "woe"].contains($0) } ?? true, "transform_param.transform_type",
            "\"\(transform.type ?? "")\" is none of bin_num, woe and null")
        try require(
            encryption.method?.lowercased() == "paillier", "encrypt_param.method", "only Paillier encrypts labels here")
        try require(
            encryption.keyLength % 128 == 0
                && PaillierPublicKey.minimumBits...PaillierPublicKey.maximumBits ~= encryption.keyLength,
            "encrypt_param.key_length",
            "is \(encryption.keyLength), not a multiple of 128 from \(PaillierPublicKey.minimumBits) to "
                + "\(PaillierPublicKey.maximumBits)")
        try require(
            !skipsStatistics || kind != .optimal, "skip_static", "optimal binning needs the statistics that it skips")
        try require(
            !skipsStatistics || transform.type != "woe", "skip_static",
            "transform woe needs the statistics that it skips")
        if kind == .optimal { try optimal.validate(bins: bins) }
    }
}

extension BinningParameters.OptimalParameters {
    var metricKind: OptimalMetric? {
        OptimalMetric(rawValue: metric.lowercased().split(separator: "-").joined(separator: "_"))
    }

    func validate(bins: Int) throws {
        func require(_ holds: Bool, _ field: String, _ message: String) throws {
            guard holds else {
                throw ComponentError.invalid(field: "optimal_binning_param.\(field)", message)
            }
        }
        try require(metricKind != nil, "metric_method", "\"\(metric)\" is none of iv, gini, chi_square and ks")
        try require(
            ["quantile", "bucket"].contains(firstMethod.lowercased()), "init_bucket_method",
            "\"\(firstMethod)\" is neither quantile nor bucket")
        try require(
            1...BinningParameters.mostBins ~= firstBins, "init_bin_nums",
            "is \(firstBins), not between 1 and \(BinningParameters.mostBins)")
        try require(0...1 ~= minimumShare, "min_bin_pct", "is not between 0 and 1")
        try require(maximumShare > 0 && maximumShare <= 1, "max_bin_pct", "is not above 0 and at most 1")
        try require(minimumShare <= maximumShare, "min_bin_pct", "is above max_bin_pct")
        try require(
            (1 / maximumShare).rounded(.up) <= Double(bins), "max_bin_pct",
            "is so small that more than bin_num bins are needed")
    }
}

enum BinningMethod: String, Codable, Sendable { case quantile, bucket, optimal }

enum OptimalMetric: String, Codable, Sendable {
    case iv, gini, ks
    case chiSquare = "chi_square"
}
