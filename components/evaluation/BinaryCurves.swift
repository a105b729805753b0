import NornKit
import NornMath

/// The curves and tables of a binary model, with FATE's names, types, cuts and meta data.
struct BinaryCurves {
    let name: String
    let namespace: String
    let tracking: Tracking
    let scored: ScoredLabels

    /// A curve in FATE's form: points by ascending x, both rounded.
    private func publish(
        _ metric: String, type: String, _ points: [(x: Double, y: Double)], thresholds: [Double],
        meta more: [String: CBOR] = [:]
    ) throws {
        var meta: [String: CBOR] = [
            "name": .text("\(name)_\(metric)"), "curve_name": .text(name), "thresholds": Rounding.six(thresholds),
        ]
        for (key, value) in more { meta[key] = value }
        let rounded = points.map { (Rounding.six($0.x), Rounding.six($0.y)) }.enumerated().sorted {
            ($0.element.0, $0.offset) < ($1.element.0, $1.offset)
        }
        try tracking.series(
            "\(name)_\(metric)", namespace: namespace, type: type,
            points: rounded.map { (.double($0.element.0), .double($0.element.1)) }, meta: meta)
    }

    /// A table in FATE's form: everything is in the meta data.
    private func publish(_ metric: String, table: [String: CBOR]) throws {
        var meta = table
        meta["name"] = .text("\(name)_\(metric)")
        try tracking.series(
            "\(name)_\(metric)", namespace: namespace, type: metric.uppercased(), points: [], meta: meta)
    }

    /// The curve at every hundredth of its thresholds.
    func publishROC() throws {
        let all = try scored.rocCurve()
        var points: [ROCPoint] = []
        for cut in ScoredLabels.hundredths {
            let point = all[Int(Double(all.count) * cut)]
            if points.last != point { points.append(point) }
        }
        try publish(
            "roc", type: "ROC_EVALUATION",
            points.map { ($0.falsePositiveRate, $0.truePositiveRate) } + [(1, 1)],
            thresholds: points.map(\.threshold) + [1],
            meta: ["unit_name": "fpr", "ordinate_name": "tpr"])
    }

    /// Both rates at every hundredth of the rows.
    func publishKS() throws {
        let thresholds = scored.rowThresholds
        let matrices = scored.confusionMatrices(above: thresholds)
        let best = try scored.kolmogorovSmirnov()
        let curves: [(String, (ConfusionMatrix) -> Double)] = [
            ("fpr", { $0.forNegatives.recall }), ("tpr", \.recall),
        ]
        for (suffix, rate) in curves {
            let values = matrices.map { suffix == "fpr" ? 1 - rate($0) : rate($0) } + [1]
            try publish(
                "ks_\(suffix)", type: "KS_EVALUATION", Array(zip(ScoredLabels.hundredths + [1], values)),
                thresholds: thresholds,
                meta: [
                    "curve_name": .text("\(name)_\(suffix)"), "pair_type": .text(name),
                    "ks": .double(Rounding.six(best.value)), "ks_threshold": Rounding.number(best.threshold),
                ])
        }
    }

    /// How much denser positives are among the rows above a threshold than among all.
    func publishLift() throws {
        try publishShares("lift") { matrix, share in
            let all = Double(scored.positives) / Double(scored.count)
            return (share == 0 ? 1 : matrix.precision) / all
        }
    }

    /// The share of the positives among the rows above a threshold.
    func publishGain() throws { try publishShares("gain") { matrix, _ in matrix.recall } }

    /// A curve over the share of rows that are above the threshold; of equal shares the highest value stays.
    private func publishShares(_ metric: String, _ value: (ConfusionMatrix, Double) -> Double) throws {
        guard scored.positives > 0 else { throw MetricError.oneClassOnly }
        let thresholds = scored.stepThresholds
        var points: [(x: Double, y: Double, threshold: Double)] = []
        for (threshold, matrix) in zip(thresholds, scored.confusionMatrices(above: thresholds)) {
            let share = Double(matrix.truePositives + matrix.falsePositives) / Double(scored.count)
            let point = (x: share, y: value(matrix, share), threshold: threshold)
            if let last = points.last, last.x == share {
                if point.y > last.y { points[points.count - 1] = point }
            } else {
                points.append(point)
            }
        }
        points.append((1, 1, 0))
        try publish(
            metric, type: "\(metric.uppercased())_EVALUATION", points.map { ($0.x, $0.y) },
            thresholds: points.map(\.threshold))
    }

    func publishAccuracy() throws {
        let thresholds = scored.stepThresholds
        let matrices = scored.confusionMatrices(above: thresholds)
        try publish(
            "accuracy", type: "ACCURACY_EVALUATION",
            zip(ScoredLabels.hundredths, matrices).map { ($0, $1.accuracy) }, thresholds: thresholds)
    }

    /// Both over the cuts; of cuts with one recall that with the best precision stays. Above no row precision is 1.
    func publishPrecisionAndRecall() throws {
        guard scored.positives > 0 else { throw MetricError.oneClassOnly }
        let (thresholds, cuts) = cutsToTheEnd
        var chosen: [(cut: Double, threshold: Double, precision: Double, recall: Double)] = []
        for (place, matrix) in scored.confusionMatrices(above: thresholds).enumerated() {
            let precision = matrix.truePositives + matrix.falsePositives == 0 ? 1 : matrix.precision
            let point = (cuts[place], thresholds[place], precision, matrix.recall)
            if let last = chosen.last, last.recall == point.3 {
                if precision > last.precision { chosen[chosen.count - 1] = point }
            } else {
                chosen.append(point)
            }
        }
        let meta: [String: CBOR] = ["pair_type": .text(name)]
        try publish(
            "precision", type: "PRECISION_BINARY_EVALUATION", chosen.map { ($0.cut, $0.precision) },
            thresholds: chosen.map(\.threshold), meta: meta.merging(["ordinate_name": "Precision"]) { $1 })
        try publish(
            "recall", type: "RECALL_BINARY_EVALUATION", chosen.map { ($0.cut, $0.recall) },
            thresholds: chosen.map(\.threshold), meta: meta.merging(["ordinate_name": "Recall"]) { $1 })
    }

    /// The usual cuts, and one that lets all rows through.
    private var cutsToTheEnd: (thresholds: [Double], cuts: [Double]) {
        let thresholds = scored.stepThresholds
        return (thresholds + [(thresholds.min() ?? 0) - 0.001], ScoredLabels.hundredths + [1])
    }

    func publishF1() throws {
        let thresholds = scored.stepThresholds + [0]
        try publish(
            "f1_score",
            table: [
                "f1_scores": Rounding.six(scored.confusionMatrices(above: thresholds).map(\.f1Score)),
                "thresholds": Rounding.six(thresholds),
            ])
    }

    func publishCounts() throws {
        let thresholds = scored.stepThresholds + [0]
        let matrices = scored.confusionMatrices(above: thresholds)
        func counts(_ count: (ConfusionMatrix) -> Int) -> CBOR { .array(matrices.map { .int(Int64(count($0))) }) }
        try publish(
            "confusion_mat",
            table: [
                "tp": counts(\.truePositives), "fp": counts(\.falsePositives), "tn": counts(\.trueNegatives),
                "fn": counts(\.falseNegatives), "thresholds": Rounding.six(thresholds),
            ])
    }

    /// Precision and recall above every twentieth of the scores, ascending.
    func publishQuantiles() throws {
        let thresholds = scored.quantiles
        let matrices = scored.confusionMatrices(above: thresholds)
        func pairs(_ value: (ConfusionMatrix) -> Double) -> CBOR {
            .array(matrices.map { .array([.double(0), .double(Rounding.six(value($0)))]) })
        }
        try publish(
            "quantile_pr",
            table: [
                "p_scores": pairs { $0.truePositives + $0.falsePositives == 0 ? 1 : $0.precision },
                "r_scores": pairs(\.recall), "thresholds": Rounding.six(thresholds),
            ])
    }

    func publish(_ stability: PopulationStability) throws {
        func list(_ value: (PopulationStability.Interval) -> Double) -> CBOR {
            .array(stability.intervals.map { .double(value($0)) })
        }
        func share(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
        let intervals = stability.intervals.map { interval -> CBOR in
            let end = interval.isLast ? "]" : ")"
            return .text("[\(Rounding.six(interval.low)), \(Rounding.six(interval.high))\(end)")
        }
        try publish(
            "psi",
            table: [
                "psi_scores": Rounding.six(stability.intervals.map(\.index)),
                "total_psi": .double(Rounding.six(stability.total)),
                "expected_interval": .array(stability.intervals.map { .int(Int64($0.expected)) }),
                "actual_interval": .array(stability.intervals.map { .int(Int64($0.actual)) }),
                "expected_percentage": list(\.expectedShare), "actual_percentage": list(\.actualShare),
                "train_pos_perc": list { share($0.expectedPositives, $0.expected) },
                "validate_pos_perc": list { share($0.actualPositives, $0.actual) },
                "intervals": .array(intervals),
            ])
    }
}
