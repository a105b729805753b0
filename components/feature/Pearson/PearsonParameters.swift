import NornKit

/// FATE's PearsonParam with its names and defaults.
struct PearsonParameters: ComponentParameters {
    var columnNames: [String]? = nil
    var columnPlaces = ColumnPlaces.none
    var crossParties = true
    var needRun = true
    /// Of FATE's shares; nothing is shared here, so that it has no effect.
    var usesMixedRandomness = false
    var calculatesInflation = true

    enum CodingKeys: String, CodingKey {
        case columnNames = "column_names"
        case columnPlaces = "column_indexes"
        case crossParties = "cross_parties"
        case needRun = "need_run"
        case usesMixedRandomness = "use_mix_rand"
        case calculatesInflation = "calc_local_vif"
    }
}
