/// How well classes were told apart, of any number of classes.
public struct ClassMetrics: Sendable {
    /// every class that is a truth or a prediction, ascending
    public let classes: [Double]
    /// rows of each true class (outer) that were given each class (inner)
    public let counts: [[Int]]

    /// - Throws: ``MetricError`` when the lengths differ, there is no row, or a class is not finite.
    public init(truth: [Double], predictions: [Double]) throws(MetricError) {
        guard truth.count == predictions.count else {
            throw MetricError.lengthsDiffer(scores: predictions.count, labels: truth.count)
        }
        guard !truth.isEmpty else { throw MetricError.noRows }
        if let row = truth.indices.first(where: { !truth[$0].isFinite || !predictions[$0].isFinite }) {
            throw MetricError.notFinite(row: row)
        }
        let classes = Set(truth).union(predictions).sorted()
        let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        var counts = [[Int]](repeating: [Int](repeating: 0, count: classes.count), count: classes.count)
        for (truth, prediction) in zip(truth, predictions) {
            counts[places[truth] ?? 0][places[prediction] ?? 0] += 1
        }
        self.classes = classes
        self.counts = counts
    }

    public var rows: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

    /// The share of rows that got their class.
    public var accuracy: Double {
        Double(classes.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(rows)
    }

    /// Of the rows given each class, the share that are of it; 0 where none is.
    public var precisions: [Double] {
        classes.indices.map { column in Self.ratio(counts[column][column], counts.reduce(0) { $0 + $1[column] }) }
    }

    /// Of the rows of each class, the share that got it; 0 where there are none.
    public var recalls: [Double] {
        classes.indices.map { row in Self.ratio(counts[row][row], counts[row].reduce(0, +)) }
    }

    /// The mean over the classes.
    public var precision: Double { precisions.reduce(0, +) / Double(classes.count) }
    /// The mean over the classes.
    public var recall: Double { recalls.reduce(0, +) / Double(classes.count) }

    private static func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}
