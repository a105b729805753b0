import NornMath
import Testing

@Suite struct RankMetricTests {
    /// Four rows whose figures are counted by hand.
    let sample: ScoredLabels

    init() throws {
        sample = try ScoredLabels(scores: [0.1, 0.4, 0.35, 0.8], labels: [false, false, true, true])
    }

    @Test func areaCountsOrderedPairs() throws {
        #expect(try sample.areaUnderROC() == 0.75)
    }

    @Test func tiesCountHalf() throws {
        let tied = try ScoredLabels(scores: [0.5, 0.5, 0.5, 0.9], labels: [true, false, false, true])
        #expect(try tied.areaUnderROC() == 0.75)
    }

    @Test func areaEqualsTheAreaUnderTheCurve() throws {
        var seed: UInt64 = 7
        func next() -> Double {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(seed >> 40) / Double(1 << 24)
        }
        let scores = (0..<500).map { _ in (next() * 50).rounded() / 50 }
        let labels = scores.map { $0 + next() - 0.5 > 0.5 }
        let scored = try ScoredLabels(scores: scores, labels: labels)
        let curve = try scored.rocCurve()
        var area = 0.0
        for (a, b) in zip(curve, curve.dropFirst()) {
            area += (b.falsePositiveRate - a.falsePositiveRate) * (a.truePositiveRate + b.truePositiveRate) / 2
        }
        #expect(abs(try scored.areaUnderROC() - area) < 1e-12)
        #expect(curve.last?.truePositiveRate == 1 && curve.last?.falsePositiveRate == 1)
    }

    @Test func kolmogorovSmirnovIsTheLargestGap() throws {
        let ks = try sample.kolmogorovSmirnov()
        #expect(ks.value == 0.5)
        #expect(ks.threshold == 0.8)
    }

    @Test func precisionAndRecallByFallingThreshold() throws {
        let points = try sample.precisionRecallCurve()
        #expect(points.map(\.recall) == [0.5, 0.5, 1, 1])
        #expect(points.map(\.precision) == [1, 0.5, 2.0 / 3, 0.5])
    }

    @Test func oneClassHasNoRank() throws {
        let all = try ScoredLabels(scores: [0.2, 0.3], labels: [true, true])
        #expect(throws: MetricError.oneClassOnly) { try all.areaUnderROC() }
    }

    @Test func badRowsAreRefused() {
        #expect(throws: MetricError.noRows) { try ScoredLabels(scores: [], labels: []) }
        #expect(throws: MetricError.lengthsDiffer(scores: 1, labels: 2)) {
            try ScoredLabels(scores: [1], labels: [true, false])
        }
        #expect(throws: MetricError.notFinite(row: 1)) {
            try ScoredLabels(scores: [1, .nan], labels: [true, false])
        }
    }
}

@Suite struct ConfusionMatrixTests {
    @Test func decisionsAtAThreshold() throws {
        let scored = try ScoredLabels(scores: [0.9, 0.6, 0.5, 0.2, 0.1], labels: [true, false, true, true, false])
        let matrix = try #require(scored.confusionMatrices(at: [0.5]).first)
        #expect(
            matrix
                == ConfusionMatrix(truePositives: 2, falsePositives: 1, trueNegatives: 1, falseNegatives: 1))
        #expect(matrix.accuracy == 0.6)
        #expect(matrix.precision == 2.0 / 3)
        #expect(matrix.recall == 2.0 / 3)
        #expect(matrix.f1Score == 2.0 / 3)
        #expect(matrix.forNegatives.recall == 0.5)
    }

    @Test func everyRowIsCountedAtEveryThreshold() throws {
        let scored = try ScoredLabels(scores: [0.9, 0.6, 0.6, 0.2], labels: [true, false, true, false])
        for matrix in scored.confusionMatrices(at: [2, 0.9, 0.6, 0.3, -1]) {
            #expect(matrix.count == 4)
        }
        #expect(scored.confusionMatrices(at: [2])[0].truePositives == 0)
        #expect(scored.confusionMatrices(at: [-1])[0].falsePositives == 2)
    }

    @Test func quantilesCutByShareOfRows() throws {
        let scored = try ScoredLabels(
            scores: (1...10).map(Double.init), labels: (1...10).map { $0 > 5 })
        #expect(scored.quantileThresholds(parts: 5) == [9, 7, 5, 3, 1])
        #expect(scored.quantileThresholds(parts: 100).count == 100)
    }
}

@Suite struct RegressionMetricTests {
    /// Figures of scikit-learn's documentation for the same four rows.
    let sample: RegressionMetrics

    init() throws {
        sample = try RegressionMetrics(truth: [3, -0.5, 2, 7], predictions: [2.5, 0.0, 2, 8])
    }

    @Test func errors() {
        #expect(sample.meanAbsoluteError == 0.5)
        #expect(sample.meanSquaredError == 0.375)
        #expect(abs(sample.rootMeanSquaredError - 0.6123724356957945) < 1e-15)
        #expect(sample.medianAbsoluteError == 0.5)
    }

    @Test func explainedParts() {
        #expect(abs(sample.r2Score - 0.9486081370449679) < 1e-12)
        #expect(abs(sample.explainedVariance - 0.9571734475374732) < 1e-12)
    }

    @Test func logarithmicErrorNeedsValuesAboveMinusOne() throws {
        #expect(sample.meanSquaredLogarithmicError != nil)
        #expect(try RegressionMetrics(truth: [-2], predictions: [1]).meanSquaredLogarithmicError == nil)
    }

    @Test func constantTruth() throws {
        #expect(try RegressionMetrics(truth: [2, 2], predictions: [2, 2]).r2Score == 1)
        #expect(try RegressionMetrics(truth: [2, 2], predictions: [1, 3]).r2Score == 0)
    }
}
