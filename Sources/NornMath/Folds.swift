/// The parts into which cross validation cuts rows; each part is for validation once.
public struct Folds: Sendable, Hashable {
    public let count: Int
    /// for every row, in which part it is
    public let ofRow: [Int]

    /// Parts in the rows' order, the first ones a row longer where the parts cannot be even.
    /// - Parameters:
    ///   - order: the rows, each once: in order, or drawn
    ///   - count: from 2 to the number of rows
    public init(_ order: [Int], count: Int) {
        precondition(count >= 2 && count <= order.count, "folds need rows")
        var ofRow = [Int](repeating: 0, count: order.count)
        var start = 0
        for fold in 0..<count {
            let size = order.count / count + (fold < order.count % count ? 1 : 0)
            for row in order[start..<start + size] { ofRow[row] = fold }
            start += size
        }
        self.count = count
        self.ofRow = ofRow
    }

    /// Parts that somebody else made; nil when a row is in no part or a part has fewer rows than `smallest`, or leaves
    /// fewer to train on.
    public init?(ofRow: [Int], count: Int, smallest: Int = 1) {
        var sizes = [Int](repeating: 0, count: max(0, count))
        for fold in ofRow {
            guard sizes.indices.contains(fold) else { return nil }
            sizes[fold] += 1
        }
        guard count >= 2, sizes.allSatisfy({ $0 >= smallest && ofRow.count - $0 >= smallest }) else { return nil }
        self.count = count
        self.ofRow = ofRow
    }

    public func validationRows(_ fold: Int) -> [Int] { ofRow.indices.filter { ofRow[$0] == fold } }
    public func trainingRows(_ fold: Int) -> [Int] { ofRow.indices.filter { ofRow[$0] != fold } }
}
