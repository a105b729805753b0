import NornKit

/// Which columns are left, with the names of FATE's FeatureSelectionMeta and FeatureSelectionParam.
struct SelectionModel: Codable, Sendable {
    struct Meta: Codable, Sendable {
        var methods: [String]
        var columns: [String]
        var needRun = true
        var filters: [FilterMeta] = []

        enum CodingKeys: String, CodingKey {
            case methods = "filter_methods"
            case columns = "cols"
            case needRun = "need_run"
            case filters = "filter_metas"
        }
    }

    struct FilterMeta: Codable, Sendable {
        var metrics: String
        var type: String
        var threshold: Double
        var takesHigh: Bool
        var isFederated: Bool

        enum CodingKeys: String, CodingKey {
            case metrics, threshold
            case type = "filter_type"
            case takesHigh = "take_high"
            case isFederated = "select_federated"
        }
    }

    struct Parameters: Codable, Sendable {
        var results: [FilterResult] = []
        var left = LeftColumns()
        var columns: [String] = []
        var hosts: [HostColumns] = []
        var header: [String]

        enum CodingKeys: String, CodingKey {
            case results, header
            case left = "final_left_cols"
            case columns = "col_names"
            case hosts = "host_col_names"
        }
    }

    struct FilterResult: Codable, Sendable {
        var values: [String: Double] = [:]
        var hostValues: [FeatureValues] = []
        var left = LeftColumns()
        var hostLeft: [LeftColumns] = []
        var name: String

        enum CodingKeys: String, CodingKey {
            case values = "feature_values"
            case hostValues = "host_feature_values"
            case left = "left_cols"
            case hostLeft = "host_left_cols"
            case name = "filter_name"
        }
    }

    struct FeatureValues: Codable, Sendable {
        var values: [String: Double]

        enum CodingKeys: String, CodingKey { case values = "feature_values" }
    }

    struct LeftColumns: Codable, Sendable {
        var original: [String] = []
        var left: [String: Bool] = [:]

        enum CodingKeys: String, CodingKey {
            case original = "original_cols"
            case left = "left_cols"
        }
    }

    struct HostColumns: Codable, Sendable {
        var columns: [String]
        var party: String

        enum CodingKeys: String, CodingKey {
            case columns = "col_names"
            case party = "party_id"
        }
    }

    var meta: Meta
    var parameters: Parameters

    enum CodingKeys: String, CodingKey {
        case meta = "FeatureSelectionMeta"
        case parameters = "FeatureSelectionParam"
    }

    /// In the header's order.
    var leftHeader: [String] { parameters.header.filter { parameters.left.left[$0] == true } }
}
