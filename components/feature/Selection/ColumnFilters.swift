import NornKit

/// One party's columns on their way through the filters.
struct ColumnFilters {
    let context: SelectionContext
    let stage: LocalStage
    let models: IsometricModels
    /// Those that filters may take out.
    let chosen: [String]
    private let anonymous: [String]
    private(set) var left: [String]
    private(set) var model: SelectionModel
    private(set) var summary: [String: CBOR] = [:]

    init(_ context: SelectionContext, _ stage: LocalStage, _ models: IsometricModels) throws {
        self.context = context
        self.stage = stage
        self.models = models
        anonymous = AnonymousNames.of(stage.schema, context.party)
        let header = stage.schema.header
        let names = context.parameters.usesAnonymous ? anonymous : header
        let places = try context.parameters.columnPlaces.resolve(
            names: context.parameters.columnNames, header: names,
            fields: ("select_col_indexes", "select_names"))
        chosen = places.map { header[$0] }
        left = chosen
        model = SelectionModel(
            meta: .init(methods: context.parameters.allMethods.map(\.rawValue), columns: chosen),
            parameters: .init(header: header))
    }

    func anonymous(_ columns: [String]) -> [String] {
        columns.map { column in
            stage.schema.header.firstIndex(of: column).map { anonymous[$0] } ?? column
        }
    }

    /// Takes the outcome of a filter over for this party's columns; one stays in any case.
    mutating func apply(
        _ name: String, values: [Double]?, isLeft: [Bool], takesHigh: Bool, filter: MetricFilter?,
        hosts: [SelectionModel.FilterResult] = []
    ) {
        let before = left
        left = zip(before, isLeft).filter { $1 }.map(\.0)
        if left.isEmpty, !before.isEmpty {
            left = [before[Self.best(values, count: before.count, takesHigh: takesHigh)]]
            context.log.warning(
                "[WARN] \(name) would leave no column: the one with the best value is kept")
        }
        var result = SelectionModel.FilterResult(name: name)
        if let values { result.values = Dictionary(zip(before, values), uniquingKeysWith: { $1 }) }
        result.left = Self.leftColumns(before, left: left)
        result.hostValues = hosts.map { SelectionModel.FeatureValues(values: $0.values) }
        result.hostLeft = hosts.map(\.left)
        model.parameters.results.append(result)
        if let filter {
            model.meta.filters.append(
                .init(
                    metrics: filter.metric, type: filter.type, threshold: filter.threshold,
                    takesHigh: filter.takesHigh,
                    isFederated: filter.isFederated))
        }
        summary[name] = Self.summary(before: before.count, left: left)
    }

    /// The place of the value that stays when no other does.
    static func best(_ values: [Double]?, count: Int, takesHigh: Bool) -> Int {
        guard let values else { return 0 }
        return
            (takesHigh
            ? values.indices.max { values[$0] < values[$1] }
            : values.indices.min { values[$0] < values[$1] }) ?? 0
    }

    static func leftColumns(_ columns: [String], left: [String]) -> SelectionModel.LeftColumns {
        let stays = Set(left)
        return .init(
            original: columns,
            left: Dictionary(columns.map { ($0, stays.contains($0)) }, uniquingKeysWith: { $1 }))
    }

    private static func summary(before: Int, left: [String]) -> CBOR {
        [
            "last_col_nums": .int(Int64(before)), "left_col_nums": .int(Int64(left.count)),
            "left_col_names": .array(left.map(CBOR.text)),
        ]
    }

    /// The fitted model: columns that were not chosen stay.
    mutating func finish() -> SelectionModel {
        let header = stage.schema.header
        let stays = Set(left)
        let all = header.filter { !chosen.contains($0) || stays.contains($0) }
        model.parameters.left = Self.leftColumns(header, left: all)
        model.parameters.columns = chosen
        summary["all"] = Self.summary(before: chosen.count, left: left)
        return model
    }

    mutating func setHosts(_ hosts: [SelectionModel.HostColumns]) { model.parameters.hosts = hosts }

    // MARK: filters by this party's own data

    mutating func filterManually() {
        let asked = context.parameters.manual
        let header = stage.schema.header
        func names(_ places: [Int]?, _ names: [String]?) -> Set<String> {
            let given = (names ?? []).map { name in
                context.parameters.usesAnonymous
                    ? anonymous.firstIndex(of: name).map { header[$0] } ?? name : name
            }
            let unknown =
                given.filter { !header.contains($0) }
                + (places ?? []).filter { !header.indices.contains($0) }
                .map { "\($0)" }
            if !unknown.isEmpty {
                context.log.warning(
                    "[WARN] manually_param names columns that are not there: they are ignored")
            }
            return Set(given + (places ?? []).filter { header.indices.contains($0) }.map { header[$0] })
        }
        let isLeft: [Bool]
        if asked.leftPlaces != nil || asked.leftNames != nil {
            let stays = names(asked.leftPlaces, asked.leftNames)
            isLeft = left.map(stays.contains)
        } else {
            let goes = names(asked.outPlaces, asked.outNames)
            isLeft = left.map { !goes.contains($0) }
        }
        apply(FilterMethod.manual.rawValue, values: nil, isLeft: isLeft, takesHigh: true, filter: nil)
    }

    /// The share of a column's most frequent value.
    mutating func filterByPercentage(_ data: FeatureColumns) {
        let limit = context.parameters.percentage.share
        let shares = left.map { name -> Double in
            guard let place = data.header.firstIndex(of: name) else { return 0 }
            let counts = Dictionary(
                data.values(place).withoutMissing.map { ($0, 1) }, uniquingKeysWith: +)
            return Double(counts.values.max() ?? 0) / Double(max(1, data.rows))
        }
        apply(
            FilterMethod.percentage.rawValue, values: shares, isLeft: shares.map { $0 <= limit },
            takesHigh: false,
            filter: MetricFilter(
                metric: "percentage", choice: .threshold(limit), takesHigh: false, hostThresholds: nil,
                isFederated: false))
    }

    mutating func filterLocally(_ method: FilterMethod, _ filter: MetricFilter, name: String) throws {
        let values = try models.values(filter.metric, of: left, method: method)
        let stays = filter.left(values)
        apply(
            name, values: values, isLeft: values.indices.map(stays.contains), takesHigh: filter.takesHigh,
            filter: filter)
    }
}
