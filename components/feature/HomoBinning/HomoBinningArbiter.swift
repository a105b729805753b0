import NornCrypto
import NornKit

/// The arbiter's side: asks for ranks, of which it sees sums over all parties only, and so finds where to cut.
struct HomoBinningArbiter {
    let context: HomoBinningContext
    private let owners: [Party]
    private var round = 0

    init(_ context: HomoBinningContext) {
        self.context = context
        owners = context.owners
    }

    private var asked: HomoBinningParameters { context.parameters }

    mutating func run() async throws {
        let guest = try context.onlyGuest
        let plan = try await context.federation.receive(
            HomoBinningPlan.self, name: HomoBinningMessage.plan, from: guest)
        guard plan.isRun else { return }
        guard 1...HomoBinningPlan.mostColumns ~= plan.columns else {
            throw ComponentError.peer(guest, "it says that \(plan.columns) columns are binned")
        }
        let rows = try await counts([[Double]](repeating: [.infinity], count: plan.columns)).map { $0[0] }
        guard rows.allSatisfy({ $0 >= 1 }) else {
            throw ComponentError.invalid(field: "bin_indexes", "a column has no value at any party")
        }
        let (lowest, highest) = try await ends(rows)
        var points: [[Double]]
        switch asked.kind {
        case .virtualSummary: points = try await summarised(rows, lowest, highest)
        case .recursiveQuery: points = try await queried(rows, lowest, highest)
        }
        for column in points.indices { points[column] = Self.ascending(points[column] + [highest[column]]) }
        try await send(RankQuery(points: points, isLast: true))
        try context.tracking.summary(["columns": .int(Int64(plan.columns)), "rounds": .int(Int64(round))])
    }

    /// Each once, in order.
    private static func ascending(_ points: [Double]) -> [Double] { Set(points).sorted() }

    private func rank(_ bin: Int, _ rows: Int64) -> Int64 {
        (Int64(bin) * rows + Int64(asked.bins) - 1) / Int64(asked.bins)
    }

    /// The lowest and the highest value of each column.
    private mutating func ends(_ rows: [Int64]) async throws -> (lowest: [Double], highest: [Double]) {
        var searches = rows.flatMap { [ExactSearch(rank: 1), ExactSearch(rank: $0)] }
        while searches.contains(where: { !$0.isDone }) {
            try context.checkCancelled()
            let candidates = searches.map(\.candidates)
            let points = rows.indices.map { candidates[2 * $0] + candidates[2 * $0 + 1] }
            let counts = try await counts(points)
            for column in rows.indices {
                let first = candidates[2 * column].count
                searches[2 * column].take(counts[column][..<first])
                searches[2 * column + 1].take(counts[column][first...])
            }
        }
        return (
            rows.indices.map { searches[2 * $0].value }, rows.indices.map { searches[2 * $0 + 1].value }
        )
    }

    /// Cuts at points that lie evenly between the ends: the first at which there are enough values.
    private mutating func summarised(
        _ rows: [Int64], _ lowest: [Double], _ highest: [Double]
    ) async throws -> [[Double]] {
        let grids = rows.indices.map { column in
            (1..<max(2, asked.sampleBins)).map { step in
                let share = Double(step) / Double(asked.sampleBins)
                return lowest[column] * (1 - share) + highest[column] * share
            }.filter { $0 < highest[column] }
        }
        let counts = try await counts(grids)
        return rows.indices.map { column in
            (1..<max(2, asked.bins)).compactMap { bin in
                guard bin < asked.bins else { return nil }
                let wanted = rank(bin, rows[column])
                return counts[column].firstIndex { $0 >= wanted }.map { grids[column][$0] }
            }
        }
    }

    private mutating func queried(
        _ rows: [Int64], _ lowest: [Double], _ highest: [Double]
    ) async throws -> [[Double]] {
        let cuts = asked.bins - 1
        var searches = rows.indices.map { column in
            (0..<cuts).map { bin in
                HalvingSearch(
                    low: lowest[column], high: highest[column], rank: rank(bin + 1, rows[column]), rows: rows[column],
                    tolerance: asked.error * Double(rows[column]))
            }
        }
        for iteration in 0..<asked.maximumIterations {
            guard searches.contains(where: { $0.contains { !$0.isDone } }) else { break }
            try context.checkCancelled()
            let counts = try await counts(searches.map { $0.flatMap(\.candidates) })
            for column in rows.indices {
                var rest = counts[column][...]
                for cut in searches[column].indices {
                    let own = searches[column][cut].candidates.count
                    searches[column][cut].take(rest.prefix(own))
                    rest = rest.dropFirst(own)
                }
            }
            try context.tracking.progress(iteration + 1, of: asked.maximumIterations, "queries")
        }
        return rows.indices.map { column in
            // All values are below the highest one, which is a split point in any case.
            var known: Set<Int64> = [rows[column]]
            return searches[column].filter { known.insert($0.count).inserted }.map(\.value)
        }
    }

    // MARK: messages

    private func send(_ query: RankQuery) async throws {
        for owner in owners {
            try await context.federation.send(query, name: HomoBinningMessage.query, tag: "\(round)", to: owner)
        }
    }

    /// For each point how many values of all parties are not above it.
    private mutating func counts(_ points: [[Double]]) async throws -> [[Int64]] {
        let total = points.reduce(0) { $0 + $1.count }
        guard total <= RankQuery.mostPoints else {
            throw ComponentError.invalid(
                field: "bin_indexes", "asks for \(total) ranks at once; at most \(RankQuery.mostPoints) are possible")
        }
        let tag = "\(round)"
        let expected = try owners.map {
            try context.federation.expect(name: HomoBinningMessage.counts, tag: tag, from: $0)
        }
        try await send(RankQuery(points: points))
        round += 1
        var vectors: [[UInt64]] = []
        for (owner, expectation) in zip(owners, expected) {
            vectors.append(try MaskedCounts.words(try await expectation.bytes(), count: total, from: owner))
        }
        var sums = try PairwiseMasks.sum(vectors)[...]
        return points.map { column in
            defer { sums = sums.dropFirst(column.count) }
            return Array(sums.prefix(column.count))
        }
    }
}
