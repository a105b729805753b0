import NornKit
import NornMath

/// The single values by which FATE measures a model while it trains, and after each fold of cross validation.
struct InTrainingMetrics {
    enum Kind { case binary, multi, regression }

    let kind: Kind
    /// asked for; what is no single value of the kind is left out, as in FATE
    let names: [String]

    init(_ kind: Kind, _ asked: [String]) {
        self.kind = kind
        let usual: [String]
        let known: [String]
        switch kind {
        case .binary: (usual, known) = (["auc", "ks"], ["auc", "ks"])
        case .multi: (usual, known) = (MetricNames.multi, MetricNames.multi)
        case .regression:
            (usual, known) = (["root_mean_squared_error", "mean_absolute_error"], MetricNames.regression)
        }
        names = asked.isEmpty ? usual : asked.filter(known.contains)
    }

    /// - Parameters:
    ///   - truth: labels; of binary models 1 for yes
    ///   - predictions: of binary models scores, of classes the class, of a regression the value
    /// - Returns: in the order of ``names``; a metric without a value (rows of one class only) is left out
    func values(truth: [Double], predictions: [Double]) -> [(name: String, value: Double)] {
        switch kind {
        case .binary:
            guard let scored = try? ScoredLabels(scores: predictions, labels: truth.map { $0 == 1 }) else { return [] }
            return values { $0 == "auc" ? try? scored.areaUnderROC() : try? scored.kolmogorovSmirnov().value }
        case .multi:
            guard let classes = try? ClassMetrics(truth: truth, predictions: predictions) else { return [] }
            return values {
                $0 == "accuracy" ? classes.accuracy : $0 == "precision" ? classes.precision : classes.recall
            }
        case .regression:
            guard let metrics = try? RegressionMetrics(truth: truth, predictions: predictions) else { return [] }
            return values { metrics.value($0) }
        }
    }

    private func values(_ value: (String) -> Double?) -> [(name: String, value: Double)] {
        names.compactMap { name in value(name).map { (name, $0) } }
    }
}

extension LinearTask {
    /// Publishes single values as FATE does: a metric list named after what was measured.
    func publish(_ values: [(name: String, value: Double)], as name: String, namespace: String) throws {
        guard !values.isEmpty else { return }
        try tracking.series(
            name, namespace: namespace, type: "EVALUATION_SUMMARY",
            points: values.map { (.text($0.name), .double($0.value)) }, meta: ["name": .text(name)])
    }

    /// The single values of a model's predictions, of the kind that the model is of.
    func measure(
        _ predictions: [Prediction], model: LinearModel
    ) -> [(name: String, value: Double)] {
        let asked = settings.validation.metrics
        let truth = predictions.map { $0.label ?? 0 }
        switch model.parameters.classes.count {
        case 0: return InTrainingMetrics(.regression, asked).values(truth: truth, predictions: predictions.map(\.score))
        case 2:
            let yes = model.parameters.classes[1]
            return InTrainingMetrics(.binary, asked).values(
                truth: truth.map { $0 == yes ? 1 : 0 }, predictions: predictions.map(\.score))
        default: return InTrainingMetrics(.multi, asked).values(truth: truth, predictions: predictions.map(\.result))
        }
    }
}
