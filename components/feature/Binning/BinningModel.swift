import NornKit

/// What binning learned, with the names of FATE's FeatureBinningMeta and FeatureBinningParam.
struct BinningModel: Codable, Sendable {
    var meta: Meta
    var parameters: Parameters

    enum CodingKeys: String, CodingKey {
        case meta = "FeatureBinningMeta"
        case parameters = "FeatureBinningParam"
    }

    struct Meta: Codable, Sendable {
        var needRun = true
        var method: String
        var compressThreshold: Int
        var headSize: Int
        var error: Double
        var bins: Int
        var columns: [String]
        var adjustment: Double
        var localOnly: Bool
        var transform: Transform
        var skipsStatistics: Bool
        var optimalMetric: String

        enum CodingKeys: String, CodingKey {
            case method, error
            case needRun = "need_run"
            case compressThreshold = "compress_thres"
            case headSize = "head_size"
            case bins = "bin_num"
            case columns = "cols"
            case adjustment = "adjustment_factor"
            case localOnly = "local_only"
            case transform = "transform_param"
            case skipsStatistics = "skip_static"
            case optimalMetric = "optimal_metric_method"
        }
    }

    struct Transform: Codable, Sendable {
        var columns: [Int]
        var type: String

        enum CodingKeys: String, CodingKey {
            case columns = "transform_cols"
            case type = "transform_type"
        }
    }

    struct Parameters: Codable, Sendable {
        var result: PartyResult
        var hostResults: [PartyResult] = []
        var header: [String]
        var anonymousHeader: [String]
        var modelName = "HeteroFeatureBinning"
        var classes: MultiClassResult

        enum CodingKeys: String, CodingKey {
            case header
            case result = "binning_result"
            case hostResults = "host_results"
            case anonymousHeader = "header_anonymous"
            case modelName = "model_name"
            case classes = "multi_class_result"
        }
    }

    /// Of one party, and for one class against the others.
    struct PartyResult: Codable, Sendable {
        var columns: [String: Column] = [:]
        var role: String
        var party: String

        enum CodingKeys: String, CodingKey {
            case role
            case columns = "binning_result"
            case party = "party_id"
        }
    }

    struct MultiClassResult: Codable, Sendable {
        var results: [PartyResult] = []
        var labels: [String] = []
        /// Host after host, of each as many as there are results.
        var hostResults: [PartyResult] = []
        var hostParties: [String] = []
        var hasHostResult = false

        enum CodingKeys: String, CodingKey {
            case results, labels
            case hostResults = "host_results"
            case hostParties = "host_party_ids"
            case hasHostResult = "has_host_result"
        }
    }

    struct Column: Codable, Sendable {
        var woes: [Double] = []
        var ivs: [Double] = []
        var events: [Int] = []
        var nonEvents: [Int] = []
        var eventRates: [Double] = []
        var nonEventRates: [Double] = []
        var points: [Double] = []
        var iv = 0.0
        var isMonotonic = true
        var bins = 0
        var anonymousBins: [String] = []
        var optimalMetrics: [Double] = []

        enum CodingKeys: String, CodingKey {
            case iv
            case woes = "woe_array"
            case ivs = "iv_array"
            case events = "event_count_array"
            case nonEvents = "non_event_count_array"
            case eventRates = "event_rate_array"
            case nonEventRates = "non_event_rate_array"
            case points = "split_points"
            case isMonotonic = "is_woe_monotonic"
            case bins = "bin_nums"
            case anonymousBins = "bin_anonymous"
            case optimalMetrics = "optimal_metric_array"
        }

        init(points: [Double], bins: Int) {
            self.points = points
            self.bins = bins
            anonymousBins = points.indices.map { "bin_\($0)" }
        }

        init(_ value: InformationValue, points: [Double]) {
            self.init(points: points, bins: value.events.count)
            woes = value.woes
            ivs = value.ivs
            events = value.events
            nonEvents = value.nonEvents
            eventRates = value.eventRates
            nonEventRates = value.nonEventRates
            iv = value.total
            isMonotonic = value.isMonotonic
        }
    }
}

extension BinningModel {
    /// What becomes of each column of a table with the model's header.
    func changes(places: [Int]) -> [ColumnChange] {
        zip(parameters.header.indices, places).map { index, place in
            let name = parameters.header[index]
            guard meta.transform.columns.contains(index), let column = parameters.result.columns[name] else {
                return .keep(place)
            }
            switch meta.transform.type {
            case "bin_num":
                return ColumnChange(
                    source: place, kind: .bins, numbers: column.points,
                    results: (0...column.points.count).map(Double.init))
            case "woe" where !column.woes.isEmpty:
                // A missing value where fitting saw none tells nothing.
                let results = column.woes + (column.woes.count == column.points.count ? [0] : [])
                return ColumnChange(source: place, kind: .bins, numbers: column.points, results: results)
            default: return .keep(place)
            }
        }
    }

    /// FATE's summary: of two classes under `result`, of more under each label.
    var summary: [String: CBOR] {
        let parts = parameters.classes
        guard !parts.results.isEmpty else { return [:] }
        let names = parts.results.count == 1 ? ["result"] : parts.labels
        var summary: [String: CBOR] = [:]
        for (index, name) in names.enumerated() {
            let hosts = stride(from: index, to: parts.hostResults.count, by: parts.results.count).map {
                parts.hostResults[$0]
            }
            summary[name] = Self.summary([parts.results[index]] + hosts)
        }
        return summary
    }

    private static func summary(_ results: [PartyResult]) -> CBOR {
        let columns = results.flatMap { $0.columns.sorted { $0.key < $1.key } }
        func map(_ value: (Column) -> CBOR) -> CBOR {
            .map(Dictionary(columns.map { ($0.key, value($0.value)) }, uniquingKeysWith: { $1 }))
        }
        let sorted = columns.sorted { $0.value.iv > $1.value.iv }
        return [
            "iv": .array(sorted.map { .array([.text($0.key), .double($0.value.iv)]) }),
            "woe": map { .array($0.woes.map(CBOR.double)) }, "monotonic": map { .bool($0.isMonotonic) },
            "split_points": map { .array($0.points.map(CBOR.double)) },
        ]
    }
}
