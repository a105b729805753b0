import NornKit

/// Labels and scores of one kind of prediction: train, validate or predict.
struct Predictions: Sendable {
    var labels: [Double] = []
    var scores: [Double] = []
    /// What the model decided: the class, or the value of a regression.
    var results: [Double] = []
    /// Of each class its score, as text of JSON; what is read only where classes are measured apart.
    var details: [String] = []

    /// Reads a prediction table: rows of label, predict_result, predict_score, predict_detail, type.
    /// - Returns: the predictions by their type.
    /// - Throws: when the table is none, has no row, or a row has no numeric label and score.
    static func read(_ table: Table) async throws -> [String: Predictions] {
        guard let schema = table.schema, schema.content == .predictions, schema.layout == .cbor else {
            throw ComponentError(
                .failedPrecondition, field: "data", "the input is not a table of predictions", fault: .user)
        }
        guard table.count > 0 else {
            throw ComponentError(.failedPrecondition, field: "data", "there is no prediction to measure", fault: .user)
        }
        let columns = try Columns(schema)
        var found: [String: Predictions] = [:]
        for (_, row) in try await table.collect(CBOR.self) {
            guard case .array(let fields) = row, fields.count == schema.header.count,
                let label = fields[columns.label].double, let score = fields[columns.score].double,
                let result = fields[columns.result].double, let type = fields[columns.type].text
            else {
                throw ComponentError(
                    .failedPrecondition, field: "data",
                    "a prediction has no numeric label and score: were the labels there when it was made?",
                    fault: .user)
            }
            found[type, default: Predictions()].labels.append(label)
            found[type, default: Predictions()].scores.append(score)
            found[type, default: Predictions()].results.append(result)
            found[type, default: Predictions()].details.append(fields[columns.detail].text ?? "")
        }
        return found
    }

    private struct Columns {
        let label: Int
        let result: Int
        let score: Int
        let detail: Int
        let type: Int

        init(_ schema: TableSchema) throws {
            func place(_ name: String) throws -> Int {
                guard let place = schema.header.firstIndex(of: name) else {
                    throw ComponentError(
                        .failedPrecondition, field: "data", "the predictions have no column \"\(name)\"", fault: .user)
                }
                return place
            }
            label = try place("label")
            result = try place("predict_result")
            score = try place("predict_score")
            detail = try place("predict_detail")
            type = try place("type")
        }
    }
}

/// The scores of each class in a prediction's detail: an object of class names and numbers, one level deep.
enum PredictionDetail {
    /// - Returns: nil for a text that is none
    static func scores(_ text: String) -> [(name: String, score: Double)]? {
        guard text.first == "{", text.last == "}" else { return nil }
        var scores: [(name: String, score: Double)] = []
        for entry in text.dropFirst().dropLast().split(separator: ",") {
            let parts = entry.split(separator: ":")
            guard parts.count == 2, let score = Double(trimmed(parts[1])) else { return nil }
            scores.append((trimmed(parts[0]).filter { $0 != "\"" }, score))
        }
        return scores
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

/// Rows of a clustering: true class and cluster of each row, or the distances of each cluster.
enum ClusterRows: Sendable {
    /// by type of prediction
    case labelled([String: (truth: [Double], clusters: [Double])])
    case distances([String: (mean: [Double], radius: [Double], between: [Double])])
    /// rows without labels, which say nothing to measure
    case unlabelled

    /// Rows of (true class, cluster, type), or of clusters: key the cluster, (rows, mean distance, radius, squared
    /// distances to the other clusters, type).
    static func read(_ table: Table) async throws -> ClusterRows {
        let rows = try await table.collect(CBOR.self).map { (key: $0.key, fields: $0.value.array ?? []) }
        guard let first = rows.first else {
            throw ComponentError(.failedPrecondition, field: "data", "there is no cluster to measure", fault: .user)
        }
        return first.fields.count == 5 ? try distances(rows) : try labelled(rows)
    }

    private static func labelled(_ rows: [(key: Key, fields: [CBOR])]) throws -> ClusterRows {
        var found: [String: (truth: [Double], clusters: [Double])] = [:]
        for (_, fields) in rows {
            guard fields.count == 3, let type = fields[2].text else { throw damaged }
            guard let truth = fields[0].int, let cluster = fields[1].int, cluster >= 0 else { return .unlabelled }
            found[type, default: ([], [])].truth.append(Double(truth))
            found[type, default: ([], [])].clusters.append(Double(cluster))
        }
        return .labelled(found)
    }

    private static func distances(_ rows: [(key: Key, fields: [CBOR])]) throws -> ClusterRows {
        var found: [String: (mean: [Double], radius: [Double], between: [Double])] = [:]
        for (_, fields) in rows.sorted(by: { $0.key < $1.key }) {
            guard fields.count == 5, let mean = fields[1].double, let radius = fields[2].double,
                let between = fields[3].array?.compactMap(\.double), let type = fields[4].text
            else { throw damaged }
            found[type, default: ([], [], [])].mean.append(mean)
            found[type, default: ([], [], [])].radius.append(radius)
            if found[type]?.between.isEmpty == true { found[type]?.between = between }
        }
        return .distances(found)
    }

    private static let damaged = ComponentError(
        .failedPrecondition, field: "data", "the input is no table of clusters", fault: .user)
}
