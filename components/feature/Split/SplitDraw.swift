/// Draws rows for the parts of a split.
struct SplitDraw {
    let sizes: SplitSizes
    /// A stratum for each row, or nil.
    let strata: [Double]?
    let shuffles: Bool

    /// Positions of rows, ascending in each part.
    struct Parts: Equatable {
        var train: [Int] = []
        var validate: [Int] = []
        var test: [Int] = []
    }

    func parts(rows: Int, using chance: inout some RandomNumberGenerator) -> Parts {
        let all = Array(0..<rows)
        let (kept, test) = split(all, second: sizes.test, using: &chance)
        let (train, validate) = split(kept, second: sizes.validate, using: &chance)
        return Parts(train: train.sorted(), validate: validate.sorted(), test: test.sorted())
    }

    /// Takes `second` rows off; stratified: of each stratum its share, the largest remainders rounded up.
    private func split(
        _ rows: [Int], second: Int, using chance: inout some RandomNumberGenerator
    ) -> (first: [Int], second: [Int]) {
        guard second > 0 else { return (rows, []) }
        guard second < rows.count else { return ([], rows) }
        guard let strata else {
            let drawn = shuffles ? rows.shuffled(using: &chance) : rows
            return (Array(drawn.dropLast(second)), Array(drawn.suffix(second)))
        }
        let groups = Dictionary(grouping: rows) { strata[$0] }.sorted { $0.key < $1.key }.map(\.value)
        let counts = Self.apportion(second, over: groups.map(\.count), using: &chance)
        var result: (first: [Int], second: [Int]) = ([], [])
        for (group, count) in zip(groups, counts) {
            let drawn = group.shuffled(using: &chance)
            result.first += drawn.dropLast(count)
            result.second += drawn.suffix(count)
        }
        return result
    }

    /// Shares out `total` in proportion to counts, by largest remainder; equal remainders by chance.
    static func apportion(
        _ total: Int, over counts: [Int], using chance: inout some RandomNumberGenerator
    ) -> [Int] {
        let sum = counts.reduce(0, +)
        guard sum > 0 else { return counts }
        let exact = counts.map { Double($0) * Double(total) / Double(sum) }
        var parts = exact.map { Int($0) }
        let order = counts.indices.shuffled(using: &chance).sorted {
            exact[$0] - Double(parts[$0]) > exact[$1] - Double(parts[$1])
        }
        for place in order.prefix(total - parts.reduce(0, +)) { parts[place] += 1 }
        return parts
    }
}
