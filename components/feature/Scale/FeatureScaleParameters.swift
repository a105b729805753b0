import NornKit

/// The parameters of FATE's `FeatureScale`, with its names and defaults.
struct FeatureScaleParameters: ComponentParameters {
    var method = "standard_scale"
    var mode = "normal"
    var columnPlaces = ColumnPlaces.all
    var columnNames: [String]? = nil
    var upper: Limits? = nil
    var lower: Limits? = nil
    var withMean = true
    var withDeviation = true
    var needRun = true

    enum CodingKeys: String, CodingKey {
        case method, mode
        case columnPlaces = "scale_col_indexes"
        case columnNames = "scale_names"
        case upper = "feat_upper"
        case lower = "feat_lower"
        case withMean = "with_mean"
        case withDeviation = "with_std"
        case needRun = "need_run"
    }

    /// One limit for all columns, or one for each.
    struct Limits: Codable, Sendable {
        var all: Double?
        var each: [Double] = []

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let number = try? value.decode(Double.self) {
                all = number
            } else {
                each = try value.decode([Double].self)
            }
        }

        func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            if let all { try value.encode(all) } else { try value.encode(each) }
        }

        subscript(column: Int) -> Double { all ?? each[column] }

        func check(columns: Int, field: String) throws {
            guard all != nil || each.count == columns else {
                throw ComponentError.invalid(
                    field: field, "has \(each.count) limits, but the table has \(columns) columns")
            }
        }
    }

    var isStandard: Bool { method.lowercased() == "standard_scale" }
    var isCap: Bool { mode.lowercased() == "cap" }

    func validate() throws {
        guard ["standard_scale", "min_max_scale"].contains(method.lowercased()) else {
            throw ComponentError.invalid(
                field: "method", "\"\(method)\" is neither standard_scale nor min_max_scale")
        }
        guard ["normal", "cap"].contains(mode.lowercased()) else {
            throw ComponentError.invalid(field: "mode", "\"\(mode)\" is neither normal nor cap")
        }
        guard isCap else { return }
        for (field, limits) in [("feat_upper", upper), ("feat_lower", lower)] {
            guard let limits else { continue }
            guard let share = limits.all, 0...1 ~= share else {
                throw ComponentError.invalid(field: field, "in mode cap it is one share of the rows, from 0 to 1")
            }
        }
        guard (upper?.all ?? 1) >= (lower?.all ?? 0) else {
            throw ComponentError.invalid(field: "feat_upper", "is below feat_lower")
        }
    }
}
