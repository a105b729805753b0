import NornKit

/// Takes columns out by a cascade of filters (FATE's HeteroFeatureSelection). Filters by information value and by
/// correlation are the guest's to decide for all parties: a host names its columns anonymously and learns which stay.
/// Others each party applies to its own columns.
struct HeteroFeatureSelection: Component {
    typealias Parameters = SelectionParameters

    static let descriptor = ComponentDescriptor(
        name: "HeteroFeatureSelection", roles: [.guest, .host],
        inputs: [.table("data"), .model("model"), .model("isometric_model")],
        outputs: [.table("data"), .model("model")], kernels: [RowKernels.change])

    func run(_ context: TaskContext<Parameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        guard context.parameters.needRun else { return try await context.outputs.table(stage.table) }
        let model: SelectionModel
        if stage.isFitting {
            var selection = try Selection(context, stage, try await IsometricModels(context.inputs))
            model = try await selection.fit()
            try context.tracking.summary(selection.filters.summary)
        } else {
            model = try await context.inputs.model(SelectionModel.self)
        }
        let header = model.leftHeader
        let places = try stage.places(of: header)
        let anonymous = AnonymousNames.of(stage.schema, context.party)
        try await context.outputs.model(model)
        try context.tracking.model(model.parameters)
        let change = RowChange(
            input: stage.schema,
            output: stage.schema(
                header: header, of: context.party, anonymous: places.map { anonymous[$0] }),
            columns: places.map(ColumnChange.keep))
        try await context.output(stage, changedBy: change, RowKernels.change)
    }
}

typealias SelectionContext = TaskContext<SelectionParameters>

/// The cascade at one party.
struct Selection {
    let context: SelectionContext
    let stage: LocalStage
    private(set) var filters: ColumnFilters
    /// At the guest: each host's columns that are still there, when a filter of all parties has told them.
    private var hostColumns: [String: [String]] = [:]

    init(_ context: SelectionContext, _ stage: LocalStage, _ models: IsometricModels) throws {
        self.context = context
        self.stage = stage
        filters = try ColumnFilters(context, stage, models)
    }

    private var asked: SelectionParameters { context.parameters }

    mutating func fit() async throws -> SelectionModel {
        guard stage.table.count > 0 else {
            throw ComponentError.invalid(
                field: stage.port, "the table has no rows: is the intersection empty?")
        }
        for (place, method) in asked.allMethods.enumerated() {
            try context.checkCancelled()
            try await apply(method, tag: "\(place)")
        }
        if context.role == .guest {
            filters.setHosts(
                context.parties[.host].map { .init(columns: hostColumns[$0.id] ?? [], party: $0.id) })
        }
        return filters.finish()
    }

    private mutating func apply(_ method: FilterMethod, tag: String) async throws {
        func threshold(_ metric: String, _ value: Double, high: Bool) -> MetricFilter {
            MetricFilter(
                metric: metric, choice: .threshold(value), takesHigh: high, hostThresholds: nil,
                isFederated: false)
        }
        func iv(_ choice: MetricFilter.Choice, _ localOnly: Bool, _ hosts: [Double]? = nil)
            -> MetricFilter
        {
            MetricFilter(
                metric: "iv", choice: choice, takesHigh: true, hostThresholds: hosts,
                isFederated: !localOnly)
        }
        let name = method.rawValue
        switch method {
        case .manual: filters.filterManually()
        case .percentage: filters.filterByPercentage(try await stage.columns())
        case .unique:
            try filters.filterLocally(
                method, threshold("stddev", asked.unique.eps, high: true), name: name)
        case .variation:
            try filters.filterLocally(
                method, threshold("coefficient_of_variance", asked.variation.threshold, high: true),
                name: name)
        case .outlier:
            let percent = Int(asked.outlier.percentile * 100)
            try filters.filterLocally(
                method, threshold("\(percent)%", asked.outlier.threshold, high: false), name: name)
        case .statistic:
            for filter in try asked.statistic.filters("statistic_param") {
                try filters.filterLocally(method, filter, name: filter.metric)
            }
        case .psi:
            for filter in try asked.psi.filters("psi_param") {
                try filters.filterLocally(method, filter, name: "\(filter.metric)_\(filter.type)")
            }
        case .vif:
            for filter in try asked.vif.filters("vif_param") {
                try filters.filterLocally(method, filter, name: name)
            }
        case .ivValue:
            let filter = iv(
                .threshold(asked.ivValue.threshold), asked.ivValue.localOnly, asked.ivValue.hostThresholds)
            try await filterByIV(filter, name: name, tag: tag)
        case .ivPercentile:
            try await filterByIV(
                iv(.share(asked.ivPercentile.share), asked.ivPercentile.localOnly), name: name, tag: tag)
        case .ivTop:
            try await filterByIV(iv(.top(asked.ivTop.count), asked.ivTop.localOnly), name: name, tag: tag)
        case .iv:
            for (index, filter) in try asked.iv.filters("iv_param").enumerated() {
                try await filterByIV(
                    filter, name: "\(filter.metric)_\(filter.type)", tag: "\(tag).\(index)")
            }
        case .correlation: try await filterByCorrelation(tag: tag)
        case .heteroTrees, .homoTrees, .fastTrees:
            throw IsometricModels.missing(name, "a tree component")
        }
    }

    // MARK: filters that the guest decides

    private mutating func filterByIV(_ filter: MetricFilter, name: String, tag: String) async throws {
        guard context.role == .guest else {
            return try await follow(filter.isFederated, name: name, tag: tag)
        }
        guard let merge = IsometricModels.ClassMerge(rawValue: asked.iv.classMerge) else {
            throw ComponentError.invalid(
                field: "iv_param.mul_class_merge_type",
                "\"\(asked.iv.classMerge)\" is none of max, min and average")
        }
        let hosts = filter.isFederated ? try await askHosts(name, tag: tag) : []
        var values = try filters.models.ivs(of: filters.left, host: nil, merge: merge)
        var limits = values.map { _ in filter.threshold }
        let own = values.count
        if let given = filter.hostThresholds, given.count != hosts.count, filter.isFederated {
            throw ComponentError.invalid(
                field: "host_thresholds", "has \(given.count) thresholds for \(hosts.count) hosts")
        }
        for (index, host) in hosts.enumerated() {
            let theirs = try filters.models.ivs(of: host.columns, host: host.party, merge: merge)
            limits += theirs.map { _ in filter.hostThresholds?[index] ?? filter.threshold }
            values += theirs
        }
        let stays = filter.left(values, limits: limits)
        try await settle(
            name, filter, hosts, values: values, own: own, isLeft: values.indices.map(stays.contains),
            tag: tag)
    }

    private mutating func filterByCorrelation(tag: String) async throws {
        let name = FilterMethod.correlation.rawValue
        let isFederated = asked.correlation.isFederated
        guard context.role == .guest else { return try await follow(isFederated, name: name, tag: tag) }
        guard let correlation = filters.models.correlation else {
            throw IsometricModels.missing(name, "HeteroPearson")
        }
        let hosts = isFederated ? try await askHosts(name, tag: tag) : []
        let merge = IsometricModels.ClassMerge(rawValue: asked.iv.classMerge) ?? .average
        var columns = filters.left.map { CorrelatedColumn(party: nil, name: $0) }
        var values = try filters.models.ivs(of: filters.left, host: nil, merge: merge)
        for host in hosts {
            columns += host.columns.map { CorrelatedColumn(party: host.party.id, name: $0) }
            values += try filters.models.ivs(of: host.columns, host: host.party, merge: merge)
        }
        let isLeft = try correlation.left(columns, ivs: values, threshold: asked.correlation.threshold)
        let filter = MetricFilter(
            metric: "correlation", choice: .threshold(asked.correlation.threshold), takesHigh: false,
            hostThresholds: nil, isFederated: isFederated)
        try await settle(
            name, filter, hosts, values: values, own: filters.left.count, isLeft: isLeft, keepsHigh: true,
            tag: tag)
    }

    private func askHosts(_ name: String, tag: String) async throws -> [(
        party: Party, columns: [String]
    )] {
        var hosts: [(party: Party, columns: [String])] = []
        for host in context.parties[.host] {
            let told = try await context.federation.receive(
                HostColumns.self, name: SelectionMessage.columns, tag: tag, from: host)
            guard told.method == name else {
                throw ComponentError.invalid(
                    field: "filter_methods",
                    "\(host) is at \(told.method) where the guest is at \(name): give all parties "
                        + "the same filters")
            }
            guard told.columns.count <= HostColumns.mostColumns,
                Set(told.columns).count == told.columns.count
            else {
                throw ComponentError.peer(host, "it names \(told.columns.count) columns, or one twice")
            }
            hosts.append((host, told.columns))
        }
        return hosts
    }

    /// Takes a decision over, own columns first, and tells each host what concerns its own.
    private mutating func settle(
        _ name: String, _ filter: MetricFilter, _ hosts: [(party: Party, columns: [String])],
        values: [Double], own: Int,
        isLeft: [Bool], keepsHigh: Bool? = nil, tag: String
    ) async throws {
        var start = own
        var results: [SelectionModel.FilterResult] = []
        let takesHigh = keepsHigh ?? filter.takesHigh
        for (host, columns) in hosts {
            let range = start..<start + columns.count
            start = range.upperBound
            var flags = Array(isLeft[range])
            if !flags.contains(true), !flags.isEmpty {
                flags[ColumnFilters.best(Array(values[range]), count: flags.count, takesHigh: takesHigh)] =
                    true
            }
            try await context.federation.send(
                HostLeft(left: flags), name: SelectionMessage.left, tag: tag, to: host)
            let left = zip(columns, flags).filter { $1 }.map(\.0)
            hostColumns[host.id] = columns
            results.append(
                SelectionModel.FilterResult(
                    values: Dictionary(zip(columns, values[range]), uniquingKeysWith: { $1 }),
                    left: ColumnFilters.leftColumns(columns, left: left), name: name))
        }
        filters.apply(
            name, values: Array(values[..<own]), isLeft: Array(isLeft[..<own]), takesHigh: takesHigh,
            filter: filter,
            hosts: results)
    }

    /// A host's side of a filter that the guest decides.
    private mutating func follow(_ isFederated: Bool, name: String, tag: String) async throws {
        let before = filters.left
        guard isFederated else {
            return filters.apply(
                name, values: nil, isLeft: before.map { _ in true }, takesHigh: true, filter: nil)
        }
        guard let guest = context.parties[.guest].first else {
            throw ComponentError(
                .failedPrecondition, "HeteroFeatureSelection needs a guest.", fault: .user)
        }
        try await context.federation.send(
            HostColumns(method: name, columns: filters.anonymous(before)), name: SelectionMessage.columns,
            tag: tag,
            to: guest)
        let answer = try await context.federation.receive(
            HostLeft.self, name: SelectionMessage.left, tag: tag, from: guest)
        guard answer.left.count == before.count else {
            throw ComponentError.peer(
                guest, "it decided on \(answer.left.count) columns, not \(before.count)")
        }
        filters.apply(name, values: nil, isLeft: answer.left, takesHigh: true, filter: nil)
    }
}
