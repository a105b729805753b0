/// The thresholds at which FATE cuts scores to draw its curves and tables.
extension ScoredLabels {
    /// Cuts of a hundredth each: 0, 0.01, …, 0.99.
    public static let hundredths = (0..<100).map { Double($0) / 100 }

    /// Of the distinct scores, descending, the one at every hundredth.
    public var stepThresholds: [Double] {
        Self.hundredths.map { steps[min(steps.count - 1, Int(Double(steps.count) * $0))].score }
    }

    /// Of the rows' scores, descending, the one at every hundredth.
    public var rowThresholds: [Double] {
        var thresholds: [Double] = []
        var (step, seen) = (0, 0)
        for cut in Self.hundredths {
            let place = Int(Double(count) * cut)
            while step < steps.count - 1, seen + steps[step].count <= place {
                seen += steps[step].count
                step += 1
            }
            thresholds.append(steps[step].score)
        }
        return thresholds
    }

    /// Of the rows' scores, ascending, the nearest to every twentieth, from the lowest to the highest.
    public var quantiles: [Double] { Quantiles.twentieths(ascendingScores) }

    private var ascendingScores: [Double] {
        steps.reversed().flatMap { [Double](repeating: $0.score, count: $0.count) }
    }

    /// The decisions of "positive when the score is above `threshold`", for thresholds in any order.
    public func confusionMatrices(above thresholds: [Double]) -> [ConfusionMatrix] {
        confusionMatrices(at: thresholds.map(\.nextUp))
    }
}

extension ScoredLabels.Step {
    var count: Int { positives + negatives }
}

enum Quantiles {
    /// - Parameter sorted: ascending, at least one
    static func twentieths(_ sorted: [Double]) -> [Double] {
        (0...20).map { part in
            let place = Double(sorted.count - 1) * Double(part) / 20
            return sorted[Int(place.rounded(.toNearestOrEven))]
        }
    }
}
