import NornCrypto
import NornKit

/// The side of a party with rows: tells under masks how many of its values are not above a point.
struct HomoBinningParty {
    let context: HomoBinningContext
    let stage: LocalStage

    init(_ context: HomoBinningContext, _ stage: LocalStage) {
        self.context = context
        self.stage = stage
    }

    private var asked: HomoBinningParameters { context.parameters }

    func fit() async throws -> BinningModel {
        let data = try await stage.columns()
        let header = data.header
        let places = try asked.columnPlaces.resolve(
            names: asked.columnNames, header: header, fields: ("bin_indexes", "bin_names"))
        guard 1...HomoBinningPlan.mostColumns ~= places.count else {
            throw ComponentError.invalid(
                field: "bin_indexes",
                "names \(places.count) columns, not between 1 and \(HomoBinningPlan.mostColumns)")
        }
        let arbiter = try context.onlyArbiter
        let names = try await agreeOnColumns(places.map { header[$0] }, arbiter)
        let masks = try await AggregationAgreement.masks(context)
        let sorted = try names.map { name in
            let values = data.values(header.firstIndex(of: name) ?? 0).withoutMissing
            guard values.allSatisfy(\.isFinite) else {
                throw ComponentError.invalid(field: name, "the column has an infinite value")
            }
            return values.sorted()
        }
        let points = try await answer(sorted, masks, arbiter)
        return try model(names, points)
    }

    /// All bin the columns that the guest names, in its order.
    private func agreeOnColumns(_ own: [String], _ arbiter: Party) async throws -> [String] {
        guard context.role != .guest else {
            let plan = HomoBinningPlan(isRun: true, names: own, columns: own.count)
            try await context.federation.send(plan, name: HomoBinningMessage.plan, to: .host)
            try await context.federation.send(
                HomoBinningPlan(isRun: true, columns: own.count), name: HomoBinningMessage.plan, to: arbiter)
            return own
        }
        let guest = try context.onlyGuest
        let plan = try await context.federation.receive(
            HomoBinningPlan.self, name: HomoBinningMessage.plan, from: guest)
        guard plan.isRun else {
            throw ComponentError.invalid(field: "need_run", "\(guest) is passed over: give all parties the same")
        }
        guard plan.names.count == own.count, Set(plan.names) == Set(own) else {
            throw ComponentError.invalid(
                field: "bin_indexes",
                "its \(own.count) columns are not the \(plan.names.count) that \(guest) bins: all need the same")
        }
        return plan.names
    }

    private func answer(_ sorted: [[Double]], _ masks: PairwiseMasks, _ arbiter: Party) async throws -> [[Double]] {
        var round = 0
        while true {
            try context.checkCancelled()
            let query = try await context.federation.receive(
                RankQuery.self, name: HomoBinningMessage.query, tag: "\(round)", from: arbiter)
            guard query.points.count == sorted.count,
                query.points.reduce(0, { $0 + $1.count }) <= RankQuery.mostPoints
            else { throw ComponentError.peer(arbiter, "it asks for ranks of \(query.points.count) columns") }
            if query.isLast {
                try check(query.points, sorted, arbiter)
                return query.points
            }
            let counts = zip(query.points, sorted).flatMap { points, values in
                points.map { Int64(Self.rank($0, values)) }
            }
            let masked = try masks.masked(counts, round: "\(HomoBinningMessage.counts) \(round)")
            try await context.federation.sendBytes(
                MaskedCounts.bytes(masked), name: HomoBinningMessage.counts, tag: "\(round)", to: arbiter)
            round += 1
        }
    }

    /// How many of sorted values are not above a point.
    private static func rank(_ point: Double, _ sorted: [Double]) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] <= point { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func check(_ points: [[Double]], _ sorted: [[Double]], _ arbiter: Party) throws {
        for (points, values) in zip(points, sorted) {
            guard let last = points.last, points.allSatisfy(\.isFinite), last >= values.last ?? last,
                zip(points, points.dropFirst()).allSatisfy({ $0 < $1 })
            else { throw ComponentError.peer(arbiter, "its split points do not ascend to the highest value") }
        }
    }

    private func model(_ names: [String], _ points: [[Double]]) throws -> BinningModel {
        let header = stage.schema.header
        var transformed: [Int] = []
        if asked.transform.type != nil {
            let binned = names.compactMap { header.firstIndex(of: $0) }.sorted()
            transformed = binned
            if asked.transform.columnPlaces.list != nil {
                transformed = try asked.transform.columnPlaces.resolve(
                    names: asked.transform.columnNames, header: header,
                    fields: ("transform_param.transform_cols", "transform_param.transform_names"))
            }
            for place in transformed where !binned.contains(place) {
                throw ComponentError.invalid(
                    field: "transform_param.transform_cols",
                    "column \"\(header[place])\" is to be transformed but not binned")
            }
        }
        let result = BinningModel.PartyResult(
            columns: Dictionary(
                zip(names, points).map { ($0, BinningModel.Column(points: $1, bins: $1.count)) },
                uniquingKeysWith: { $1 }), role: context.role.rawValue, party: context.party.id)
        return BinningModel(
            meta: .init(
                method: asked.kind.rawValue, compressThreshold: asked.compressThreshold, headSize: asked.headSize,
                error: asked.error, bins: asked.bins, columns: names, adjustment: asked.adjustment, localOnly: false,
                transform: .init(columns: transformed, type: asked.transform.type ?? ""), skipsStatistics: true,
                optimalMetric: ""),
            parameters: .init(
                result: result, header: header, anonymousHeader: AnonymousNames.of(stage.schema, context.party),
                modelName: "HomoFeatureBinning", classes: .init()))
    }
}
