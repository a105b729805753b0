import NornABI

extension Table {
    /// Each row with this probability; the same seed starts anew in each partition.
    public func sample(fraction: Double, seed: UInt64) async throws -> Table {
        guard 0...1 ~= fraction else {
            throw ComponentError(.invalidArgument, field: "fraction", "A fraction is from 0 to 1, not \(fraction).")
        }
        return try await run(BuiltInKernels.sampleFraction, SampleFraction.Argument(fraction: fraction, seed: seed))
    }

    /// Exactly `count` rows, each set of them as likely as another; throws when the table has fewer.
    public func sample(count: Int, seed: UInt64) async throws -> Table {
        guard 0...self.count ~= count else {
            throw ComponentError(.outOfRange, field: "count", "\(count) rows cannot be drawn from \(self.count).")
        }
        var rows = [Int](repeating: 0, count: partitions)
        for (key, value) in try await run(BuiltInKernels.partitionRows, NoArgument()).collect(Int.self) {
            if case .int(let partition) = key { rows[Int(partition)] = value }
        }
        var random = SplitMix64(seed: seed)
        let picks = Table.split(count, over: rows, using: &random)
        return try await run(
            BuiltInKernels.samplePicks, SamplePicks.Argument(rows: rows, picks: picks, seed: seed))
    }

    /// How many of `count` rows drawn without replacement fall on each partition (multivariate hypergeometric): each draw
    /// takes one of the rows that are left.
    static func split(_ count: Int, over rows: [Int], using random: inout SplitMix64) -> [Int] {
        var picks = [Int](repeating: 0, count: rows.count)
        var left = rows
        var total = rows.reduce(0, +)
        for _ in 0..<count {
            var draw = Int.random(in: 0..<total, using: &random)
            for partition in left.indices {
                if draw < left[partition] {
                    picks[partition] += 1
                    left[partition] -= 1
                    break
                }
                draw -= left[partition]
            }
            total -= 1
        }
        return picks
    }
}
