/// Metrics by FATE's names, which its confs and its metric series use.
public enum MetricNames {
    public static let binary = [
        "auc", "ks", "lift", "gain", "accuracy", "precision", "recall", "roc", "confusion_mat", "psi", "f1_score",
        "quantile_pr",
    ]
    public static let multi = ["accuracy", "precision", "recall"]
    public static let regression = [
        "explained_variance", "mean_absolute_error", "mean_squared_error", "mean_squared_log_error",
        "median_absolute_error", "r2_score", "root_mean_squared_error",
    ]
    public static let clustering = [
        "jaccard_similarity_score", "fowlkes_mallows_score", "adjusted_rand_score", "davies_bouldin_index",
        "distance_measure", "contingency_matrix",
    ]
    public static let all = Set(binary + multi + regression + clustering)

    /// Metrics of which a larger value is better; of the other single values a smaller one is.
    public static let largerIsBetter: Set<String> = [
        "auc", "ks", "accuracy", "precision", "recall", "explained_variance", "r2_score",
    ]

    private static let aliases = [
        "l1": "mean_absolute_error", "mae": "mean_absolute_error", "regression_l1": "mean_absolute_error",
        "l2": "mean_squared_error", "mse": "mean_squared_error", "regression_l2": "mean_squared_error",
        "regression": "mean_squared_error", "l2_root": "root_mean_squared_error", "rmse": "root_mean_squared_error",
        "msle": "mean_squared_log_error", "r2": "r2_score", "acc": "accuracy", "f1": "f1_score",
        "dbi": "davies_bouldin_index", "fmi": "fowlkes_mallows_score", "ri": "adjusted_rand_score",
        "jaccard": "jaccard_similarity_score",
    ]

    /// A name or alias, in any case, as the metric's full name; itself where it is none.
    public static func full(_ name: String) -> String {
        let lower = name.lowercased()
        return aliases[lower] ?? lower
    }
}
