/// A point of the receiver operating characteristic: what a threshold lets through.
public struct ROCPoint: Equatable, Sendable {
    public let threshold: Double
    public let falsePositiveRate: Double
    public let truePositiveRate: Double
}

/// A point of the precision-recall curve.
public struct PrecisionRecallPoint: Equatable, Sendable {
    public let threshold: Double
    public let precision: Double
    public let recall: Double
}

/// The largest distance between the two classes' score distributions (Kolmogorov and Smirnov).
public struct KolmogorovSmirnov: Equatable, Sendable {
    public let value: Double
    /// The score at which the distance is reached.
    public let threshold: Double
}

extension ScoredLabels {
    /// Area under the ROC curve: the chance that a positive row scores above a negative one, ties counting half
    /// (Mann and Whitney's U over the number of pairs).
    /// - Throws: ``MetricError/oneClassOnly``.
    public func areaUnderROC() throws(MetricError) -> Double {
        try requireBothClasses()
        var negativesBelow = Double(negatives)
        var pairs = 0.0
        for step in steps {
            negativesBelow -= Double(step.negatives)
            pairs += Double(step.positives) * (negativesBelow + 0.5 * Double(step.negatives))
        }
        return pairs / (Double(positives) * Double(negatives))
    }

    /// The ROC curve at every distinct score, from (0, 0) at an infinite threshold to (1, 1).
    /// - Throws: ``MetricError/oneClassOnly``.
    public func rocCurve() throws(MetricError) -> [ROCPoint] {
        try requireBothClasses()
        var points = [ROCPoint(threshold: .infinity, falsePositiveRate: 0, truePositiveRate: 0)]
        var truePositives = 0
        var falsePositives = 0
        for step in steps {
            truePositives += step.positives
            falsePositives += step.negatives
            points.append(
                ROCPoint(
                    threshold: step.score,
                    falsePositiveRate: Double(falsePositives) / Double(negatives),
                    truePositiveRate: Double(truePositives) / Double(positives)))
        }
        return points
    }

    /// - Throws: ``MetricError/oneClassOnly``.
    public func kolmogorovSmirnov() throws(MetricError) -> KolmogorovSmirnov {
        var best = KolmogorovSmirnov(value: 0, threshold: .infinity)
        for point in try rocCurve() where point.truePositiveRate - point.falsePositiveRate > best.value {
            best = KolmogorovSmirnov(
                value: point.truePositiveRate - point.falsePositiveRate, threshold: point.threshold)
        }
        return best
    }

    /// Precision against recall at every distinct score, by falling threshold.
    /// - Throws: ``MetricError/oneClassOnly`` when there is no positive row.
    public func precisionRecallCurve() throws(MetricError) -> [PrecisionRecallPoint] {
        guard positives > 0 else { throw MetricError.oneClassOnly }
        var points: [PrecisionRecallPoint] = []
        var truePositives = 0
        var selected = 0
        for step in steps {
            truePositives += step.positives
            selected += step.positives + step.negatives
            points.append(
                PrecisionRecallPoint(
                    threshold: step.score,
                    precision: Double(truePositives) / Double(selected),
                    recall: Double(truePositives) / Double(positives)))
        }
        return points
    }

    private func requireBothClasses() throws(MetricError) {
        guard positives > 0, negatives > 0 else { throw MetricError.oneClassOnly }
    }
}
