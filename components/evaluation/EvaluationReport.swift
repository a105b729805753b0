import NornKit
import NornMath

/// The metrics of one model on one kind of data, as FATE names them: single values in a series named after the model's
/// task, each curve and table in a series of its own.
struct EvaluationReport {
    /// the task whose predictions these are
    let source: String
    let parameters: EvaluationParameters
    let tracking: Tracking

    typealias Values = [(name: String, value: Double)]

    /// - Parameter namespace: the predictions' type
    /// - Returns: the single values by name, for each name of a series
    func publish(
        _ predictions: Predictions, as namespace: String, stability: inout StabilityPair
    ) throws -> [String: [String: CBOR]] {
        do {
            switch parameters.kind {
            case .binary:
                return [source: try publish(try binary(predictions, namespace, &stability), as: source, namespace)]
            case .regression: return [source: try publish(try regression(predictions), as: source, namespace)]
            default: return try multi(predictions, namespace)
            }
        } catch let error as MetricError {
            throw Self.explained(error)
        }
    }

    func publish(_ values: Values, as name: String, _ namespace: String, type: String = "EVALUATION_SUMMARY") throws
        -> [String: CBOR]
    {
        try tracking.series(
            name, namespace: namespace, type: type,
            points: values.map { (.text($0.name), .double(Rounding.six($0.value))) }, meta: ["name": .text(name)])
        return Dictionary(values.map { ($0.name, CBOR.double($0.value)) }, uniquingKeysWith: { $1 })
    }

    private func binary(
        _ predictions: Predictions, _ namespace: String, _ stability: inout StabilityPair
    ) throws -> Values {
        let wanted = parameters.wanted
        let positives = predictions.labels.map { $0 == parameters.positiveLabel }
        let scored = try ScoredLabels(scores: predictions.scores, labels: positives)
        let curves = BinaryCurves(name: source, namespace: namespace, tracking: tracking, scored: scored)
        var values: Values = []
        if wanted.contains("auc") { values.append(("auc", try scored.areaUnderROC())) }
        if wanted.contains("ks") {
            values.append(("ks", try scored.kolmogorovSmirnov().value))
            try curves.publishKS()
        }
        if wanted.contains("roc") { try curves.publishROC() }
        if wanted.contains("lift") { try curves.publishLift() }
        if wanted.contains("gain") { try curves.publishGain() }
        // Besides FATE's curves, what the model's own threshold made of the rows.
        let decided = decision(predictions)
        if wanted.contains("accuracy") {
            values.append(("accuracy", decided.accuracy))
            try curves.publishAccuracy()
        }
        if wanted.contains("precision") {
            values.append(("precision", decided.precision))
            values.append(("recall", decided.recall))
            try curves.publishPrecisionAndRecall()
        }
        if wanted.contains("f1_score") {
            values.append(("f1_score", decided.f1Score))
            try curves.publishF1()
        }
        if wanted.contains("confusion_mat") { try curves.publishCounts() }
        if wanted.contains("quantile_pr") { try curves.publishQuantiles() }
        if wanted.contains("psi") {
            let rows = zip(predictions.scores, positives).map { (score: $0, isPositive: $1) }
            if let index = try stability.take(rows, as: namespace) { try curves.publish(index) }
        }
        return values
    }

    private func regression(_ predictions: Predictions) throws -> Values {
        let metrics = try RegressionMetrics(truth: predictions.labels, predictions: predictions.scores)
        return MetricNames.regression.filter(parameters.wanted.contains).compactMap { name in
            metrics.value(name).map { (name, $0) }
        }
    }

    private func multi(_ predictions: Predictions, _ namespace: String) throws -> [String: [String: CBOR]] {
        let metrics = try ClassMetrics(truth: predictions.labels, predictions: predictions.results)
        var values: Values = []
        if parameters.wanted.contains("accuracy") { values.append(("accuracy", metrics.accuracy)) }
        if parameters.wanted.contains("precision") {
            values.append(("precision", metrics.precision))
            values.append(("recall", metrics.recall))
            for (metric, title, shares) in [
                ("precision", "Precision", metrics.precisions), ("recall", "Recall", metrics.recalls),
            ] {
                try tracking.series(
                    "\(source)_\(metric)", namespace: namespace, type: "\(metric.uppercased())_MULTI_EVALUATION",
                    points: zip(metrics.classes, shares).map { (label($0), .double(Rounding.six($1))) },
                    meta: [
                        "name": .text("\(source)_\(metric)"), "ordinate_name": .text(title),
                        "curve_name": .text(source), "pair_type": .text(source),
                    ])
            }
        }
        var all = [source: try publish(values, as: source, namespace)]
        guard parameters.unfoldMultiResult else { return all }
        for (name, values) in try unfolded(predictions) {
            all["\(source)_class_\(name)"] = try publish(values, as: "\(source)_class_\(name)", namespace)
        }
        return all
    }

    /// AUC and KS of each class against all others.
    private func unfolded(_ predictions: Predictions) throws -> [(name: String, values: Values)] {
        let details = predictions.details.compactMap(PredictionDetail.scores)
        guard details.count == predictions.labels.count, let classes = details.first?.map(\.name),
            details.allSatisfy({ $0.map(\.name) == classes })
        else {
            throw ComponentError(
                .failedPrecondition, field: "unfold_multi_result", "a prediction's detail has no score for each class",
                fault: .user)
        }
        return try classes.enumerated().map { place, name in
            let scored = try ScoredLabels(
                scores: details.map { $0[place].score }, labels: predictions.labels.map { $0 == Double(name) })
            return (name, [("auc", try scored.areaUnderROC()), ("ks", try scored.kolmogorovSmirnov().value)])
        }
    }

    /// What the model's own threshold made of the rows.
    private func decision(_ predictions: Predictions) -> ConfusionMatrix {
        var counts = (truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0)
        for (label, result) in zip(predictions.labels, predictions.results) {
            switch (label == parameters.positiveLabel, result == parameters.positiveLabel) {
            case (true, true): counts.truePositives += 1
            case (false, true): counts.falsePositives += 1
            case (false, false): counts.trueNegatives += 1
            case (true, false): counts.falseNegatives += 1
            }
        }
        return ConfusionMatrix(
            truePositives: counts.truePositives, falsePositives: counts.falsePositives,
            trueNegatives: counts.trueNegatives, falseNegatives: counts.falseNegatives)
    }

    func label(_ value: Double) -> CBOR { Int64(exactly: value).map(CBOR.int) ?? .double(value) }

    static func explained(_ error: MetricError) -> ComponentError {
        let message =
            switch error {
            case .oneClassOnly: "rows of one class only: AUC, KS and the curves need both (see pos_label)"
            case .noRows: "there is no prediction to measure"
            case .notFinite: "a score or label is not a finite number"
            case .lengthsDiffer: "as many labels as scores are needed"
            }
        return ComponentError(.failedPrecondition, field: "data", message, fault: .user)
    }
}

/// FATE rounds what it shows to six digits after the point.
enum Rounding {
    static func six(_ value: Double) -> Double {
        let scaled = value * 1e6
        return scaled.magnitude < 0x1p52 ? scaled.rounded(.toNearestOrEven) / 1e6 : value
    }

    static func six(_ values: [Double]) -> CBOR { .array(values.map { number(six($0)) }) }

    /// JSON has no infinity: the open end of a curve has no threshold.
    static func number(_ value: Double) -> CBOR { value.isFinite ? .double(value) : .null }
}
