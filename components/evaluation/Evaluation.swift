import NornKit
import NornMath

/// Measures predictions against labels, at the party that has the labels; the others have nothing to do.
struct Evaluation: Component {
    static let descriptor = ComponentDescriptor(
        name: "Evaluation", roles: [.guest, .host, .arbiter], inputs: [.table("data")])

    func run(_ context: TaskContext<EvaluationParameters>) async throws {
        guard context.role == .guest else {
            context.log.info("labels are at the guest: nothing to measure here")
            return
        }
        var summary: [String: CBOR] = [:]
        let tables = try await context.inputs.tables("data")
        for (table, artifact) in zip(tables, context.inputs.artifacts.filter { $0.name == "data" }) {
            let source = artifact.source.split(separator: ".").first.map(String.init) ?? artifact.source
            var measured: [String: CBOR] = [:]
            for (namespace, predictions) in try await Predictions.read(table).sorted(by: { $0.key < $1.key }) {
                let report = EvaluationReport(
                    name: source, namespace: namespace, parameters: context.parameters, tracking: context.tracking)
                measured[namespace] = .map(try report.publish(predictions))
                try context.checkCancelled()
            }
            summary[source] = .map(measured)
        }
        try context.tracking.summary(summary)
    }
}

/// The parameters of FATE's `Evaluation`, with its names and defaults.
struct EvaluationParameters: ComponentParameters {
    var evaluationType = "binary"
    /// The label value that counts as positive.
    var positiveLabel = 1.0
    var needRun = true
    /// Which metrics to give; all of the type when nil.
    var metrics: [String]? = nil
    var runClusteringArbiterMetric = false
    var unfoldMultiResult = false

    enum CodingKeys: String, CodingKey {
        case metrics
        case evaluationType = "eval_type"
        case positiveLabel = "pos_label"
        case needRun = "need_run"
        case runClusteringArbiterMetric = "run_clustering_arbiter_metric"
        case unfoldMultiResult = "unfold_multi_result"
    }

    static let binaryMetrics = ["auc", "ks", "roc", "precision", "recall", "accuracy", "f1_score", "confusion_mat"]
    static let regressionMetrics = [
        "explained_variance", "mean_absolute_error", "mean_squared_error", "mean_squared_log_error",
        "median_absolute_error", "r2_score", "root_mean_squared_error",
    ]
    /// FATE's short names.
    static let aliases = [
        "l1": "mean_absolute_error", "mae": "mean_absolute_error", "l2": "mean_squared_error",
        "mse": "mean_squared_error", "l2_root": "root_mean_squared_error", "rmse": "root_mean_squared_error",
        "msle": "mean_squared_log_error", "r2": "r2_score", "acc": "accuracy", "f1": "f1_score",
    ]

    /// The metrics asked for, by their full names; precision and recall always come together.
    var wanted: Set<String> {
        let known = evaluationType == "binary" ? Self.binaryMetrics : Self.regressionMetrics
        guard let metrics else { return Set(known) }
        var wanted = Set(metrics.map { Self.aliases[$0.lowercased()] ?? $0.lowercased() })
        if !wanted.isDisjoint(with: ["precision", "recall"]) { wanted.formUnion(["precision", "recall"]) }
        return wanted
    }

    func validate() throws {
        guard ["binary", "regression"].contains(evaluationType) else {
            throw ComponentError.invalid(
                field: "eval_type", "\"\(evaluationType)\" is not measured in this version: binary or regression")
        }
        guard !unfoldMultiResult else {
            throw ComponentError.invalid(
                field: "unfold_multi_result", "needs eval_type multi, which is not in this version")
        }
        guard !runClusteringArbiterMetric else {
            throw ComponentError.invalid(
                field: "run_clustering_arbiter_metric", "needs eval_type clustering, which is not in this version")
        }
        let known = evaluationType == "binary" ? Self.binaryMetrics : Self.regressionMetrics
        if let unknown = wanted.subtracting(known).min() {
            throw ComponentError.invalid(
                field: "metrics", "\"\(unknown)\" is none of \(known.joined(separator: ", "))")
        }
    }
}
