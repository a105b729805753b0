import NornKit

/// Correlations of columns, with the names of FATE's PearsonModelMeta and PearsonModelParam.
struct PearsonModel: Codable, Sendable {
    struct Meta: Codable, Sendable {
        var shapes: [Int]

        enum CodingKeys: String, CodingKey { case shapes }
    }

    struct Parameters: Codable, Sendable {
        var party: String
        /// Own columns.
        var names: [String]
        var anonymousNames: [String]
        var otherParty = ""
        /// The other party's columns.
        var otherNames: [String] = []
        /// Guest's columns by host's, row after row; empty without another party. A constant column has NaN.
        var correlations: [Double] = []
        /// Own columns by own columns.
        var localCorrelations: [Double]
        var localVIFs: [Double]
        var shape: Int
        var parties: [String]
        var modelName = "HeteroPearson"

        enum CodingKeys: String, CodingKey {
            case party, names, shape, parties
            case anonymousNames = "anonymous_names"
            case otherParty = "other_party"
            case otherNames = "other_names"
            case correlations = "corr"
            case localCorrelations = "local_corr"
            case localVIFs = "local_vif"
            case modelName = "model_name"
        }
    }

    var meta: Meta
    var parameters: Parameters

    enum CodingKeys: String, CodingKey {
        case meta = "PearsonModelMeta"
        case parameters = "PearsonModelParam"
    }

    /// nil where it was not computed.
    func vif(of column: String) -> Double? {
        guard let place = parameters.names.firstIndex(of: column),
            parameters.localVIFs.indices.contains(place)
        else {
            return nil
        }
        return parameters.localVIFs[place]
    }

    /// At the guest: nil for two columns of which this party cannot know, or that are not in the model.
    private func correlation(_ first: CorrelatedColumn, _ second: CorrelatedColumn) -> Double? {
        func own(_ column: CorrelatedColumn) -> Int? {
            column.party == nil ? parameters.names.firstIndex(of: column.name) : nil
        }
        func other(_ column: CorrelatedColumn) -> Int? {
            column.party == parameters.otherParty
                ? parameters.otherNames.firstIndex(of: column.name) : nil
        }
        if let row = own(first), let column = own(second) {
            return parameters.localCorrelations[row * parameters.names.count + column]
        }
        let (mine, theirs) = first.party == nil ? (first, second) : (second, first)
        guard let row = own(mine), let column = other(theirs) else { return nil }
        return parameters.correlations[row * parameters.otherNames.count + column]
    }

    /// From the highest information value on, each column that is still there takes those out that it is correlated with.
    /// - Returns: for each column whether it stays
    func left(_ columns: [CorrelatedColumn], ivs: [Double], threshold: Double) throws -> [Bool] {
        for column in columns where column.party == nil && !parameters.names.contains(column.name) {
            throw ComponentError.invalid(
                field: "filter_methods", "the model of HeteroPearson has no column \"\(column.name)\"")
        }
        var isLeft = [Bool](repeating: true, count: columns.count)
        let order = columns.indices.sorted { (ivs[$1], $0) < (ivs[$0], $1) }
        for (place, column) in order.enumerated() where isLeft[column] {
            for other in order[(place + 1)...] where isLeft[other] {
                if let value = correlation(columns[column], columns[other]), abs(value) > threshold {
                    isLeft[other] = false
                }
            }
        }
        return isLeft
    }
}

/// A column as the guest knows it: its own, or a host's under its anonymous name.
struct CorrelatedColumn: Sendable, Hashable {
    let party: String?
    let name: String
}
