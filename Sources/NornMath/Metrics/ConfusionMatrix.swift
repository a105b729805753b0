/// Counts of a binary decision at one threshold, and the ratios made of them.
public struct ConfusionMatrix: Equatable, Sendable {
    public let truePositives: Int
    public let falsePositives: Int
    public let trueNegatives: Int
    public let falseNegatives: Int

    public init(truePositives: Int, falsePositives: Int, trueNegatives: Int, falseNegatives: Int) {
        self.truePositives = truePositives
        self.falsePositives = falsePositives
        self.trueNegatives = trueNegatives
        self.falseNegatives = falseNegatives
    }

    public var count: Int { truePositives + falsePositives + trueNegatives + falseNegatives }
    public var accuracy: Double { Self.ratio(truePositives + trueNegatives, count) }
    /// Of the rows called positive, the share that are; 0 when none is called so.
    public var precision: Double { Self.ratio(truePositives, truePositives + falsePositives) }
    /// Of the positive rows, the share that is found; 0 when there are none.
    public var recall: Double { Self.ratio(truePositives, truePositives + falseNegatives) }
    /// The harmonic mean of precision and recall.
    public var f1Score: Double { Self.ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives) }

    /// The same decisions, with the classes' parts exchanged: precision and recall of the negative class.
    public var forNegatives: ConfusionMatrix {
        ConfusionMatrix(
            truePositives: trueNegatives, falsePositives: falseNegatives, trueNegatives: truePositives,
            falseNegatives: falsePositives)
    }

    private static func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}

extension ScoredLabels {
    /// The decisions of "positive when the score is at least `threshold`", for thresholds in any order.
    /// - Complexity: one pass over the distinct scores for each threshold by binary search over running sums.
    public func confusionMatrices(at thresholds: [Double]) -> [ConfusionMatrix] {
        var found: [(score: Double, truePositives: Int, falsePositives: Int)] = []
        found.reserveCapacity(steps.count)
        var truePositives = 0
        var falsePositives = 0
        for step in steps {
            truePositives += step.positives
            falsePositives += step.negatives
            found.append((step.score, truePositives, falsePositives))
        }
        return thresholds.map { threshold in
            var low = 0
            var high = found.count
            while low < high {
                let middle = (low + high) / 2
                if found[middle].score >= threshold { low = middle + 1 } else { high = middle }
            }
            let selected = low == 0 ? (0, 0) : (found[low - 1].truePositives, found[low - 1].falsePositives)
            return ConfusionMatrix(
                truePositives: selected.0, falsePositives: selected.1, trueNegatives: negatives - selected.1,
                falseNegatives: positives - selected.0)
        }
    }

    /// The scores that cut the rows, sorted by falling score, into `parts` equal shares: the thresholds at which the
    /// top 1/parts, 2/parts, … of the rows are called positive.
    public func quantileThresholds(parts: Int) -> [Double] {
        precondition(parts > 0, "a quantile needs at least one part")
        var thresholds: [Double] = []
        thresholds.reserveCapacity(parts)
        var seen = 0
        var step = 0
        for part in 1...parts {
            let wanted = max(1, (count * part + parts - 1) / parts)
            while step < steps.count, seen + steps[step].positives + steps[step].negatives < wanted {
                seen += steps[step].positives + steps[step].negatives
                step += 1
            }
            thresholds.append(steps[min(step, steps.count - 1)].score)
        }
        return thresholds
    }
}
