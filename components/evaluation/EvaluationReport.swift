import NornKit
import NornMath

/// The metrics of one model on one kind of data, as FATE names them: single values in a series named after the model's
/// task, each curve in a series of its own.
struct EvaluationReport {
    /// Thresholds of the curves by threshold: FATE cuts the rows into hundredths.
    static let thresholdParts = 100
    /// A curve with more points is thinned: it is for people to look at.
    static let curveLimitPoints = 1000

    let name: String
    let namespace: String
    let parameters: EvaluationParameters
    let tracking: Tracking

    /// - Returns: the single values by name.
    func publish(_ predictions: Predictions) throws -> [String: CBOR] {
        do {
            let values =
                parameters.evaluationType == "binary" ? try binary(predictions) : try regression(predictions)
            try tracking.series(
                name, namespace: namespace, type: "EVALUATION_SUMMARY",
                points: values.map { (.text($0.name), .double($0.value)) }, meta: ["name": .text(name)])
            return Dictionary(uniqueKeysWithValues: values.map { ($0.name, CBOR.double($0.value)) })
        } catch let error as MetricError {
            throw Self.explained(error)
        }
    }

    private func binary(_ predictions: Predictions) throws -> [(name: String, value: Double)] {
        let wanted = parameters.wanted
        let scored = try ScoredLabels(
            scores: predictions.scores, labels: predictions.labels.map { $0 == parameters.positiveLabel })
        var values: [(name: String, value: Double)] = []
        if wanted.contains("auc") { values.append(("auc", try scored.areaUnderROC())) }
        if wanted.contains("ks") {
            values.append(("ks", try scored.kolmogorovSmirnov().value))
            try publishKS(scored)
        }
        if wanted.contains("roc") { try publishROC(scored) }
        let decided = decision(predictions)
        if wanted.contains("accuracy") { values.append(("accuracy", decided.accuracy)) }
        if wanted.contains("precision") {
            values.append(("precision", decided.precision))
            values.append(("recall", decided.recall))
            try publishPrecisionRecall(scored)
        }
        if wanted.contains("f1_score") { values.append(("f1_score", decided.f1Score)) }
        try publishByThreshold(scored, wanted)
        return values
    }

    private func regression(_ predictions: Predictions) throws -> [(name: String, value: Double)] {
        let metrics = try RegressionMetrics(truth: predictions.labels, predictions: predictions.scores)
        let all: [(name: String, value: Double?)] = [
            ("explained_variance", metrics.explainedVariance), ("mean_absolute_error", metrics.meanAbsoluteError),
            ("mean_squared_error", metrics.meanSquaredError),
            ("mean_squared_log_error", metrics.meanSquaredLogarithmicError),
            ("median_absolute_error", metrics.medianAbsoluteError), ("r2_score", metrics.r2Score),
            ("root_mean_squared_error", metrics.rootMeanSquaredError),
        ]
        let wanted = parameters.wanted
        return all.compactMap { metric in
            guard wanted.contains(metric.name), let value = metric.value else { return nil }
            return (metric.name, value)
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

    private static func explained(_ error: MetricError) -> ComponentError {
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
