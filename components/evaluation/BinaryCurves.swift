import NornKit
import NornMath

extension EvaluationReport {
    func publishROC(_ scored: ScoredLabels) throws {
        let points = thinned(try scored.rocCurve())
        try tracking.series(
            "\(name)_roc", namespace: namespace, type: "ROC_EVALUATION",
            points: points.map { (.double($0.falsePositiveRate), .double($0.truePositiveRate)) },
            meta: [
                "name": .text("\(name)_roc"), "curve_name": .text(name), "unit_name": .text("fpr"),
                "thresholds": .array(points.map { finite($0.threshold) }),
            ])
    }

    func publishKS(_ scored: ScoredLabels) throws {
        let points = thinned(try scored.rocCurve())
        let best = try scored.kolmogorovSmirnov()
        let share = { (index: Int) in CBOR.double(Double(index) / Double(max(1, points.count - 1))) }
        for (suffix, rate) in [("ks_fpr", \ROCPoint.falsePositiveRate), ("ks_tpr", \ROCPoint.truePositiveRate)] {
            try tracking.series(
                "\(name)_\(suffix)", namespace: namespace, type: "KS_EVALUATION",
                points: points.enumerated().map { (share($0.offset), .double($0.element[keyPath: rate])) },
                meta: [
                    "name": .text("\(name)_\(suffix)"), "curve_name": .text("\(name)_\(suffix)"),
                    "unit_name": .text(""), "thresholds": .array(points.map { finite($0.threshold) }),
                    "ks": .double(best.value), "ks_threshold": finite(best.threshold),
                ])
        }
    }

    func publishPrecisionRecall(_ scored: ScoredLabels) throws {
        let points = thinned(try scored.precisionRecallCurve())
        try tracking.series(
            "\(name)_pr", namespace: namespace, type: "PR_EVALUATION",
            points: points.map { (.double($0.recall), .double($0.precision)) },
            meta: [
                "name": .text("\(name)_pr"), "curve_name": .text(name), "unit_name": .text("recall"),
                "thresholds": .array(points.map { finite($0.threshold) }),
            ])
    }

    /// Accuracy, precision, recall, F1 and the counts at the thresholds that cut the rows into equal shares.
    func publishByThreshold(_ scored: ScoredLabels, _ wanted: Set<String>) throws {
        let thresholds = scored.quantileThresholds(parts: Self.thresholdParts)
        let matrices = scored.confusionMatrices(at: thresholds)
        let curves: [(metric: String, type: String, value: (ConfusionMatrix) -> Double)] = [
            ("accuracy", "ACCURACY_EVALUATION", \.accuracy), ("precision", "PRECISION_EVALUATION", \.precision),
            ("recall", "RECALL_EVALUATION", \.recall), ("f1_score", "F1_EVALUATION", \.f1Score),
        ]
        let cuts = thresholds.indices.map { CBOR.double(Double($0 + 1) / Double(thresholds.count)) }
        for curve in curves where wanted.contains(curve.metric) {
            try tracking.series(
                "\(name)_\(curve.metric)", namespace: namespace, type: curve.type,
                points: zip(cuts, matrices).map { ($0, .double(curve.value($1))) },
                meta: [
                    "name": .text("\(name)_\(curve.metric)"), "curve_name": .text(name),
                    "thresholds": .array(thresholds.map(finite)),
                ])
        }
        guard wanted.contains("confusion_mat") else { return }
        let counts: [(String, (ConfusionMatrix) -> Int)] = [
            ("tp", \.truePositives), ("fp", \.falsePositives), ("tn", \.trueNegatives), ("fn", \.falseNegatives),
        ]
        var meta: [String: CBOR] = [
            "name": .text("\(name)_confusion_mat"), "thresholds": .array(thresholds.map(finite)),
        ]
        for (key, count) in counts { meta[key] = .array(matrices.map { .int(Int64(count($0))) }) }
        try tracking.series(
            "\(name)_confusion_mat", namespace: namespace, type: "CONFUSION_MAT",
            points: zip(cuts, matrices).map { ($0, .int(Int64($1.truePositives))) }, meta: meta)
    }

    private func thinned<Point>(_ points: [Point]) -> [Point] {
        guard points.count > Self.curveLimitPoints else { return points }
        let step = Double(points.count - 1) / Double(Self.curveLimitPoints - 1)
        return (0..<Self.curveLimitPoints).map { points[Int((Double($0) * step).rounded())] }
    }

    /// JSON has no infinity: the open end of a curve has no threshold.
    private func finite(_ number: Double) -> CBOR { number.isFinite ? .double(number) : .null }
}
