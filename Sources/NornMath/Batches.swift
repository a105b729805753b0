/// How an epoch's rows are cut into batches.
public struct Batches: Sendable, Hashable {
    public let rows: Int
    /// rows of a batch; the last may have fewer, or more where the rest would have been too few
    public let size: Int
    /// fewest rows of the last batch, when there are others: fewer join the batch before
    public let smallest: Int

    /// - Parameters:
    ///   - size: at least 1, or nil for all rows at once
    ///   - smallest: fewest rows of a last batch; sums over very few rows tell what is in them
    public init(rows: Int, size: Int?, smallest: Int = 1) {
        self.rows = rows
        self.size = max(1, min(size ?? rows, rows))
        self.smallest = smallest
    }

    public var count: Int {
        guard rows > 0 else { return 0 }
        let rest = rows % size
        return max(1, rows / size + (rest > 0 && rest >= smallest ? 1 : 0))
    }

    /// Rows of every batch.
    public var sizes: [Int] { (0..<count).map { end($0) - $0 * size } }

    /// Row numbers of every batch, in order.
    public func inOrder() -> [[Int]] { cut(Array(0..<rows)) }

    /// Row numbers of every batch, drawn anew; each row is in exactly one batch.
    public func shuffled(using generator: inout some RandomNumberGenerator) -> [[Int]] {
        cut((0..<rows).shuffled(using: &generator))
    }

    /// Batches of rows in a given order; nil when it does not hold each row once.
    public func split(_ order: [Int]) -> [[Int]]? {
        guard order.count == rows, Set(order).count == rows, order.allSatisfy({ 0..<rows ~= $0 }) else { return nil }
        return cut(order)
    }

    private func cut(_ order: [Int]) -> [[Int]] {
        (0..<count).map { Array(order[$0 * size..<end($0)]) }
    }

    /// Where a batch ends: the last one takes all that is left.
    private func end(_ batch: Int) -> Int { batch == count - 1 ? rows : (batch + 1) * size }
}
