/// Binary labels with the scores that a model gave them, sorted once for every metric that needs the order.
public struct ScoredLabels: Sendable {
    /// One distinct score: how many positives and negatives have it.
    struct Step: Sendable {
        let score: Double
        let positives: Int
        let negatives: Int
    }

    /// Distinct scores, descending.
    let steps: [Step]
    public let positives: Int
    public let negatives: Int

    public var count: Int { positives + negatives }

    /// - Parameters:
    ///   - scores: one finite score for each row.
    ///   - labels: true for a positive row; as many as there are scores.
    /// - Throws: ``MetricError`` when the lengths differ, there is no row, or a score is not finite.
    public init(scores: [Double], labels: [Bool]) throws(MetricError) {
        guard scores.count == labels.count else {
            throw MetricError.lengthsDiffer(scores: scores.count, labels: labels.count)
        }
        guard !scores.isEmpty else { throw MetricError.noRows }
        if let row = scores.firstIndex(where: { !$0.isFinite }) { throw MetricError.notFinite(row: row) }

        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var steps: [Step] = []
        var index = 0
        while index < order.count {
            let score = scores[order[index]]
            var positives = 0
            var negatives = 0
            while index < order.count, scores[order[index]] == score {
                if labels[order[index]] { positives += 1 } else { negatives += 1 }
                index += 1
            }
            steps.append(Step(score: score, positives: positives, negatives: negatives))
        }
        self.steps = steps
        self.positives = steps.reduce(0) { $0 + $1.positives }
        self.negatives = steps.reduce(0) { $0 + $1.negatives }
    }
}

/// Why a metric has no value.
public enum MetricError: Error, Equatable, Sendable {
    case lengthsDiffer(scores: Int, labels: Int)
    case noRows
    case notFinite(row: Int)
    /// A rank metric needs rows of both classes.
    case oneClassOnly
}
