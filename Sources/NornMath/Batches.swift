/// How an epoch's rows are cut into batches.
public struct Batches: Sendable, Hashable {
    public let rows: Int
    /// rows of a batch; the last may have fewer
    public let size: Int

    /// - Parameter size: at least 1, or nil for all rows at once
    public init(rows: Int, size: Int?) {
        self.rows = rows
        self.size = max(1, min(size ?? rows, rows))
    }

    public var count: Int { rows == 0 ? 0 : (rows + size - 1) / size }

    /// Rows of every batch.
    public var sizes: [Int] { (0..<count).map { min(rows, ($0 + 1) * size) - $0 * size } }

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
        (0..<count).map { Array(order[$0 * size..<min(rows, ($0 + 1) * size)]) }
    }
}
