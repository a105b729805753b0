#if canImport(Glibc)
    import Glibc
#endif

/// How far scores moved from what was expected (population stability index): Σ (a - e) ln(a / e) over the intervals into
/// which the expected scores' quantiles cut.
public struct PopulationStability: Sendable {
    public struct Interval: Sendable, Equatable {
        /// where it begins and ends; the end belongs to the last one only
        public let low: Double
        public let high: Double
        public let isLast: Bool
        public let expected: Int
        public let actual: Int
        /// rows with a positive label
        public let expectedPositives: Int
        public let actualPositives: Int
        /// of all rows; that of an interval without rows is as if it held a millionth of one
        public let expectedShare: Double
        public let actualShare: Double

        public var index: Double { (actualShare - expectedShare) * log(actualShare / expectedShare) }
    }

    public let intervals: [Interval]
    public var total: Double { intervals.reduce(0) { $0 + $1.index } }

    /// - Parameters:
    ///   - expected: scores that the model was trained on, with whether each row is positive
    ///   - actual: scores to compare
    /// - Throws: ``MetricError/noRows``
    public init(
        expected: [(score: Double, isPositive: Bool)], actual: [(score: Double, isPositive: Bool)]
    ) throws(MetricError) {
        guard !expected.isEmpty, !actual.isEmpty else { throw MetricError.noRows }
        var points: [Double] = []
        let quantiles = Quantiles.twentieths(expected.map(\.score).sorted())
        for point in quantiles where points.last != point { points.append(point) }
        if points.count == 1 { points.append(points[0]) }
        intervals = (0..<points.count - 1).map { place in
            let (low, high, isLast) = (points[place], points[place + 1], place == points.count - 2)
            func held(_ rows: [(score: Double, isPositive: Bool)]) -> (all: Int, positives: Int) {
                let inside = rows.filter { low <= $0.score && (isLast ? $0.score <= high : $0.score < high) }
                return (inside.count, inside.count { $0.isPositive })
            }
            func share(_ count: Int, _ all: Int) -> Double { (count == 0 ? 1e-6 : Double(count)) / Double(all) }
            let (before, now) = (held(expected), held(actual))
            return Interval(
                low: low, high: high, isLast: isLast, expected: before.all, actual: now.all,
                expectedPositives: before.positives, actualPositives: now.positives,
                expectedShare: share(before.all, expected.count), actualShare: share(now.all, actual.count))
        }
    }
}
