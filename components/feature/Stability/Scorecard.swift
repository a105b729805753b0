import Glibc
import NornKit

/// Turns the scores of predictions into credit scores: offset + factor / ln(factor_base) · ln((1 - p) / p), within limits.
struct Scorecard: Component {
    struct Parameters: ComponentParameters {
        var method = "credit"
        var offset = 500.0
        var factor = 20.0
        var base = 2.0
        /// Times the offset.
        var upperLimitRatio = 3.0
        var lowerLimit = 0.0
        var needRun = true

        enum CodingKeys: String, CodingKey {
            case method, offset, factor
            case base = "factor_base"
            case upperLimitRatio = "upper_limit_ratio"
            case lowerLimit = "lower_limit_value"
            case needRun = "need_run"
        }

        func validate() throws {
            guard method.lowercased() == "credit" else {
                throw ComponentError.invalid(
                    field: "method", "\"\(method)\" is not credit, the only method")
            }
            guard base > 0, base != 1 else {
                throw ComponentError.invalid(
                    field: "factor_base", "is \(base), which no logarithm has for a base")
            }
            guard lowerLimit <= upperLimitRatio * offset else {
                throw ComponentError.invalid(
                    field: "lower_limit_value", "is above upper_limit_ratio times offset")
            }
        }
    }

    static let score = Kernel.batches("credit_score", revision: 1, keepsKeys: true, ScoredRows.self)

    static let descriptor = ComponentDescriptor(
        name: "Scorecard", roles: [.guest], inputs: [.table("data")], outputs: [.table("data")],
        kernels: [score])

    func run(_ context: TaskContext<Parameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        let asked = context.parameters
        guard asked.needRun else { return try await context.outputs.table(stage.table) }
        guard stage.schema.content == .predictions, stage.schema.layout == .cbor else {
            throw ComponentError(
                .failedPrecondition, field: stage.port, "Scorecard takes predictions: put a model before",
                fault: .user)
        }
        let formula =
            "Score = \(asked.offset) + \(asked.factor) / ln(\(asked.base)) * ln((1 - Predict_Score) / Predict_Score)"
        try context.tracking.summary([
            "scorecard_compute_formula": .text(formula),
            "upper_limit": .double(asked.upperLimitRatio * asked.offset),
            "lower_limit": .double(asked.lowerLimit),
        ])
        var schema = stage.schema
        schema.header = ["label", "predict_result", "predict_score", "credit_score"]
        let table = try await stage.table.mapPartitions(Self.score, with: asked)
        try await context.outputs.table(table, schema: schema)
    }
}

struct ScoredRows: BatchBody {
    private let asked: Scorecard.Parameters

    init(_ asked: Scorecard.Parameters, partition: PartitionPlace) { self.asked = asked }

    mutating func step(_ batch: RowBatch, into output: inout RowOutput) throws {
        for row in 0..<batch.rows {
            guard case .array(let values) = try batch.value(at: row, as: CBOR.self), values.count == 5,
                let score = values[2].double
            else {
                throw ComponentError(.dataLoss, "a row of predictions has not five columns", fault: .host)
            }
            try output.put(
                key: batch.keyBytes(at: row),
                CBOR.array([values[0], values[1], values[2], .double(credit(score))]))
        }
    }

    /// Two digits after the point; -1 for what is no probability.
    private func credit(_ probability: Double) -> Double {
        let highest = asked.upperLimitRatio * asked.offset
        if probability == 0 { return highest }
        if probability == 1 { return asked.lowerLimit }
        guard probability > 0, probability < 1 else { return -1 }
        let score = asked.offset + asked.factor / log(asked.base) * log((1 - probability) / probability)
        return (min(max(score, asked.lowerLimit), highest) * 100).rounded(.toNearestOrEven) / 100
    }
}
