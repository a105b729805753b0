import NornKit

/// Labels and scores of one kind of prediction: train, validate or predict.
struct Predictions: Sendable {
    var labels: [Double] = []
    var scores: [Double] = []
    /// What the model decided: the class, or the value of a regression.
    var results: [Double] = []

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
        }
        return found
    }

    private struct Columns {
        let label: Int
        let result: Int
        let score: Int
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
            type = try place("type")
        }
    }
}
