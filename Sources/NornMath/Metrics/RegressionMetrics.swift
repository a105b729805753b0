#if canImport(Glibc)
    import Glibc
#endif

/// How far predictions are from what was true. All metrics are those of scikit-learn's module `metrics`, unweighted.
public struct RegressionMetrics: Sendable {
    private let truth: [Double]
    private let predictions: [Double]
    private let errors: [Double]

    /// - Throws: ``MetricError`` when the lengths differ, there is no row, or a value is not finite.
    public init(truth: [Double], predictions: [Double]) throws(MetricError) {
        guard truth.count == predictions.count else {
            throw MetricError.lengthsDiffer(scores: predictions.count, labels: truth.count)
        }
        guard !truth.isEmpty else { throw MetricError.noRows }
        if let row = truth.indices.first(where: { !truth[$0].isFinite || !predictions[$0].isFinite }) {
            throw MetricError.notFinite(row: row)
        }
        self.truth = truth
        self.predictions = predictions
        self.errors = zip(truth, predictions).map { $0 - $1 }
    }

    public var meanAbsoluteError: Double { Self.mean(errors.map(abs)) }
    public var meanSquaredError: Double { Self.mean(errors.map { $0 * $0 }) }
    public var rootMeanSquaredError: Double { meanSquaredError.squareRoot() }

    public var medianAbsoluteError: Double {
        let sorted = errors.map(abs).sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// Nil when a value is -1 or less: the logarithm of 1 + x has no value there.
    public var meanSquaredLogarithmicError: Double? {
        guard truth.allSatisfy({ $0 > -1 }), predictions.allSatisfy({ $0 > -1 }) else { return nil }
        return Self.mean(zip(truth, predictions).map { (log1p($0) - log1p($1)) * (log1p($0) - log1p($1)) })
    }

    /// 1 − (residual sum of squares) / (total sum of squares); for a constant truth 1 when exact, else 0.
    public var r2Score: Double {
        let mean = Self.mean(truth)
        let total = truth.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let residual = errors.reduce(0) { $0 + $1 * $1 }
        guard total > 0 else { return residual == 0 ? 1 : 0 }
        return 1 - residual / total
    }

    /// 1 − variance of the errors / variance of the truth; for a constant truth 1 when exact, else 0.
    public var explainedVariance: Double {
        let spread = Self.variance(truth)
        let unexplained = Self.variance(errors)
        guard spread > 0 else { return unexplained == 0 ? 1 : 0 }
        return 1 - unexplained / spread
    }

    /// A metric by FATE's name; nil where it has no value, or no such name is known.
    public func value(_ name: String) -> Double? {
        switch name {
        case "explained_variance": explainedVariance
        case "mean_absolute_error": meanAbsoluteError
        case "mean_squared_error": meanSquaredError
        case "mean_squared_log_error": meanSquaredLogarithmicError
        case "median_absolute_error": medianAbsoluteError
        case "r2_score": r2Score
        case "root_mean_squared_error": rootMeanSquaredError
        default: nil
        }
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private static func variance(_ values: [Double]) -> Double {
        let mean = mean(values)
        return Self.mean(values.map { ($0 - mean) * ($0 - mean) })
    }
}
