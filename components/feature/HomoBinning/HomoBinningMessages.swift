import NornKit

enum HomoBinningMessage {
    static let plan = "binning_plan"
    static let key = "aggregation_key"
    static let keysSeen = "keys_seen"
    static let query = "rank_query"
    static let counts = "masked_counts"
}

/// What the guest tells all first.
struct HomoBinningPlan: Codable, Sendable {
    static let mostColumns = 1 << 16

    var isRun: Bool
    /// Of the columns that are binned; empty for the arbiter, which is told their number only.
    var names: [String] = []
    var columns = 0
}

/// Points of each column of which the arbiter wants to know how many values are not above them; in the end the points at
/// which all cut.
struct RankQuery: Codable, Sendable {
    static let mostPoints = 1 << 22

    var points: [[Double]]
    var isLast = false
}
