import NornKit
import NornMath

extension EvaluationReport {
    /// Measures a clustering: against known classes where rows have them, by distances where the input has those.
    /// - Returns: the single values of each type of prediction
    func clusters(_ rows: ClusterRows, log: Log) throws -> [String: [String: CBOR]] {
        var measured: [String: CBOR] = [:]
        do {
            switch rows {
            case .unlabelled: log.info("rows have no labels: there is nothing to measure clusters against")
            case .labelled(let types):
                for (type, rows) in types.sorted(by: { $0.key < $1.key }) {
                    let metrics = try ClusterMetrics(truth: rows.truth, clusters: rows.clusters)
                    measured[type] = .map(try publish(metrics, type))
                }
            case .distances(let types):
                for (type, rows) in types.sorted(by: { $0.key < $1.key }) {
                    let distances = try ClusterDistances(mean: rows.mean, radius: rows.radius, between: rows.between)
                    measured[type] = .map(try publish(distances, type))
                }
            }
        } catch let error as MetricError {
            throw Self.explained(error)
        }
        return measured.isEmpty ? [:] : [source: measured]
    }

    private func publish(_ metrics: ClusterMetrics, _ namespace: String) throws -> [String: CBOR] {
        let all: Values = [
            ("jaccard_similarity_score", metrics.jaccard), ("fowlkes_mallows_score", metrics.fowlkesMallows),
            ("adjusted_rand_score", metrics.adjustedRand),
        ].compactMap { name, value in value.map { (name, $0) } }
        if parameters.wanted.contains("contingency_matrix") {
            let table = metrics.contingency
            try tracking.series(
                "\(source)_contingency_matrix", namespace: namespace, type: "CONTINGENCY_MATRIX", points: [],
                meta: [
                    "name": .text("\(source)_contingency_matrix"), "true_labels": .array(metrics.classes.map(label)),
                    "predicted_labels": .array((table.first ?? []).indices.map { .int(Int64($0)) }),
                    "result_table": .array(table.map { .array($0.map { .int(Int64($0)) }) }),
                ])
        }
        return try publish(
            all.filter { parameters.wanted.contains($0.name) }, as: source, namespace,
            type: "CLUSTERING_EVALUATION_SUMMARY")
    }

    private func publish(_ distances: ClusterDistances, _ namespace: String) throws -> [String: CBOR] {
        if parameters.wanted.contains("distance_measure") {
            try tracking.series(
                "\(source)_distance_measure", namespace: namespace, type: "DISTANCE_MEASURE", points: [],
                meta: [
                    "name": .text("\(source)_distance_measure"),
                    "cluster_index": .array(distances.mean.indices.map { .int(Int64($0)) }),
                    "radius": .array(distances.radius.map(CBOR.double)),
                    "nearest_idx": .array(distances.nearest.map { .int(Int64($0)) }),
                ])
        }
        var values: Values = []
        if parameters.wanted.contains("davies_bouldin_index"), let index = distances.daviesBouldin {
            values.append(("davies_bouldin_index", index))
        }
        return try publish(values, as: source, namespace, type: "CLUSTERING_EVALUATION_SUMMARY")
    }
}
