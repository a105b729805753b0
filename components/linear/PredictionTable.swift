import Glibc
import NornKit

/// A row's prediction.
struct Prediction: Sendable {
    let label: Double?
    let result: Double
    let score: Double
    /// the row as FATE's table of predictions has it: label, predict_result, predict_score, predict_detail, type
    let row: CBOR
}

enum PredictionTable {
    static let header = ["label", "predict_result", "predict_score", "predict_detail", "type"]

    static func schema(idName: String) -> TableSchema {
        TableSchema(layout: .cbor, header: header, content: .predictions, idName: idName)
    }

    /// - Parameters:
    ///   - scores: Σ w·x (with the intercept) of the one model, or of each class's
    ///   - threshold: above which a probability means yes
    static func prediction(
        _ scores: [Double], classes: [Double], threshold: Double, label: Double?, stage: String
    ) -> Prediction {
        let score: Double
        let result: Double
        let detail: String
        switch classes.count {
        case 0:
            (score, result) = (scores[0], scores[0])
            detail = "{\"label\": \(scores[0])}"
        case 2:
            score = probability(scores[0])
            result = score > threshold ? classes[1] : classes[0]
            detail = "{\"\(className(classes[0]))\": \(1 - score), \"\(className(classes[1]))\": \(score)}"
        default:
            return prediction(
                probabilities: scores.map(probability), classes: classes, label: label, stage: stage)
        }
        return prediction(result, score, detail, label: label, stage: stage)
    }

    /// Of several classes the one with the highest probability.
    static func prediction(
        probabilities: [Double], classes: [Double], label: Double?, stage: String
    ) -> Prediction {
        let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
        let detail =
            "{" + zip(classes, probabilities).map { "\"\(className($0))\": \($1)" }.joined(separator: ", ") + "}"
        return prediction(classes[best], probabilities[best], detail, label: label, stage: stage)
    }

    private static func prediction(
        _ result: Double, _ score: Double, _ detail: String, label: Double?, stage: String
    ) -> Prediction {
        let row: CBOR = [
            label.map(number) ?? .null, number(result), .double(score), .text(detail), .text(stage),
        ]
        return Prediction(label: label, result: result, score: score, row: row)
    }

    static func probability(_ score: Double) -> Double { 1 / (1 + exp(-score)) }

    private static func number(_ value: Double) -> CBOR { Int64(exactly: value).map(CBOR.int) ?? .double(value) }
}
