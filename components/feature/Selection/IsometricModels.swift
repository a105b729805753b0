import NornKit

/// Models of other components over the same columns, whose values filters choose by.
struct IsometricModels: Sendable {
    private(set) var binning: BinningModel?
    private(set) var statistics: DataStatisticsModel?
    private(set) var stability: StabilityModel?
    private(set) var correlation: PearsonModel?

    static let port = "isometric_model"

    /// - Throws: `invalidArgument` for two models of one kind, or one that no filter knows.
    init(_ inputs: Inputs) async throws {
        for artifact in inputs.artifacts where artifact.name == Self.port {
            let bytes = try await inputs.bytes(Self.port, index: artifact.index)
            let keys = try CBOR(decoding: bytes).map.map { Set($0.keys) } ?? []
            func take<Model: Decodable>(_ known: inout Model?) throws {
                guard known == nil else {
                    throw ComponentError.invalid(
                        field: Self.port, "\(artifact.source) is a second model of one kind")
                }
                known = try CBORDecoder().decode(Model.self, from: bytes)
            }
            if keys.contains("FeatureBinningParam") {
                try take(&binning)
            } else if keys.contains("StatisticParam") {
                try take(&statistics)
            } else if keys.contains("PSIParam") {
                try take(&stability)
            } else if keys.contains("PearsonModelParam") {
                try take(&correlation)
            } else {
                throw ComponentError.invalid(
                    field: Self.port,
                    "\(artifact.source) is no model of HeteroFeatureBinning, DataStatistics, PSI or HeteroPearson"
                )
            }
        }
    }

    static func missing(_ method: String, _ component: String) -> ComponentError {
        .invalid(
            field: "filter_methods",
            "\(method) needs a model of \(component): wire it to input.isometric_model")
    }

    /// The values of a filter that each party applies to its own columns.
    func values(_ metric: String, of columns: [String], method: FilterMethod) throws -> [Double] {
        let (component, find): (String, (String) -> Double?)
        switch method {
        case .unique, .statistic, .variation, .outlier:
            guard let statistics else { throw Self.missing(method.rawValue, "DataStatistics") }
            (component, find) = ("DataStatistics", { statistics.value(metric, of: $0) })
        case .psi:
            guard let stability else { throw Self.missing(method.rawValue, "PSI") }
            (component, find) = ("PSI", { stability.parameters.totals[$0] })
        case .vif:
            guard let correlation else { throw Self.missing(method.rawValue, "HeteroPearson") }
            (component, find) = ("HeteroPearson", { correlation.vif(of: $0) })
        default: throw Self.missing(method.rawValue, "a tree component")
        }
        return try columns.map { column in
            guard let value = find(column) else {
                throw ComponentError.invalid(
                    field: "filter_methods",
                    "\(method.rawValue) finds no \(metric) of column \"\(column)\" in the model of \(component)"
                )
            }
            return value
        }
    }

    /// How classes' information values become one.
    enum ClassMerge: String, Sendable { case max, min, average }

    /// The guest's: information values of own columns, or of a host's under their anonymous names.
    func ivs(of columns: [String], host: Party?, merge: ClassMerge) throws -> [Double] {
        guard let binning else { throw Self.missing("a filter by iv", "HeteroFeatureBinning") }
        let all = binning.parameters.classes
        let results = host.map { host in all.hostResults.filter { $0.party == host.id } } ?? all.results
        return try columns.map { column in
            let values = results.compactMap { $0.columns[column]?.iv }
            guard !values.isEmpty, values.count == results.count else {
                throw ComponentError.invalid(
                    field: "filter_methods",
                    "the binning model has no iv of column \"\(column)\": bin it before")
            }
            switch merge {
            case .max: return values.max() ?? 0
            case .min: return values.min() ?? 0
            case .average: return values.reduce(0, +) / Double(values.count)
            }
        }
    }
}
