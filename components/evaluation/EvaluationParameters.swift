import NornKit
import NornMath

/// The parameters of FATE's `Evaluation`, with its names and defaults.
struct EvaluationParameters: ComponentParameters {
    enum Kind: String { case binary, multi, regression, clustering }

    var evaluationType = "binary"
    /// The label value that counts as positive.
    var positiveLabel = 1.0
    var needRun = true
    /// Which metrics to give; all of the type when nil or empty.
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

    var kind: Kind { Kind(rawValue: evaluationType.lowercased()) ?? .binary }

    private var known: [String] {
        switch kind {
        case .binary: MetricNames.binary
        case .multi: MetricNames.multi
        case .regression: MetricNames.regression
        case .clustering: MetricNames.clustering
        }
    }

    /// The metrics asked for, by their full names; precision and recall always come together.
    var wanted: Set<String> {
        guard let metrics, !metrics.isEmpty else { return Set(known) }
        var wanted = Set(metrics.map(MetricNames.full))
        if !wanted.isDisjoint(with: ["precision", "recall"]) { wanted.formUnion(["precision", "recall"]) }
        return wanted
    }

    func validate() throws {
        guard Kind(rawValue: evaluationType.lowercased()) != nil else {
            throw ComponentError.invalid(
                field: "eval_type", "\"\(evaluationType)\" is none of binary, multi, regression, clustering")
        }
        guard !unfoldMultiResult || kind == .multi else {
            throw ComponentError.invalid(field: "unfold_multi_result", "it needs eval_type multi")
        }
        guard !runClusteringArbiterMetric || kind == .clustering else {
            throw ComponentError.invalid(field: "run_clustering_arbiter_metric", "it needs eval_type clustering")
        }
        if let unknown = wanted.subtracting(known).min() {
            throw ComponentError.invalid(
                field: "metrics", "\"\(unknown)\" is none of \(known.joined(separator: ", "))")
        }
    }
}
