import NornKit

/// Correlations of columns, with the names of FATE's PearsonModelMeta and PearsonModelParam.
struct PearsonModel: Codable, Sendable {
    struct Meta: Codable, Sendable {
        var shapes: [Int]

        enum CodingKeys: String, CodingKey { case shapes }
    }

    /// The guest's columns against those of one host.
    struct Host: Codable, Sendable {
        var party: String
        /// Anonymous names.
        var names: [String]
        /// Guest's columns by host's, row after row.
        var correlations: [Double]

        enum CodingKeys: String, CodingKey {
            case party, names
            case correlations = "corr"
        }
    }

    struct Parameters: Codable, Sendable {
        /// FATE writes a party as `(guest,9999)`.
        var party: String
        /// Own columns.
        var names: [String]
        var anonymousNames: [String]
        var otherParty = ""
        /// The other party's columns.
        var otherNames: [String] = []
        /// Guest's columns by host's, row after row; empty without another party. A constant column has NaN. Of several
        /// hosts this is the first.
        var correlations: [Double] = []
        /// At the guest: every host's, the first among them.
        var hosts: [Host] = []
        /// Own columns by own columns.
        var localCorrelations: [Double]
        var localVIFs: [Double]
        var shape: Int
        var parties: [String]
        var modelName = "HeteroPearson"

        enum CodingKeys: String, CodingKey {
            case party, names, shape, parties, hosts
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
        if let row = own(first), let column = own(second) {
            return parameters.localCorrelations[row * parameters.names.count + column]
        }
        let (mine, theirs) = first.party == nil ? (first, second) : (second, first)
        guard let row = own(mine), let host = parameters.hosts.first(where: { $0.party == theirs.party }),
            let column = host.names.firstIndex(of: theirs.name)
        else { return nil }
        return host.correlations[row * host.names.count + column]
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
