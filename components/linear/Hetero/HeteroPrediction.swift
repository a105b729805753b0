import Glibc
import NornCrypto
import NornKit

/// Which rows a prediction is about.
struct PredictionRows: Codable, Sendable {
    var rows: Int
    var digest: [UInt8]
}

/// Scores travel in objects of at most this many.
private let scoresPerMessage = 500_000

extension Guest {
    /// Adds up the parties' scores for the rows of each stage and hands out one table of predictions.
    func predict(_ stages: Stages, with model: LinearModel) async throws {
        let writer = try context.tables.writer()
        var schema = TableSchema(
            layout: .cbor, header: ["label", "predict_result", "predict_score", "predict_detail", "type"],
            content: .predictions)
        for (stage, input) in stages.predictions {
            let table = try await context.inputs.table(input)
            let instances = try await table.instances()
            schema.idName = table.schema?.idName ?? schema.idName
            let rows = PredictionRows(rows: instances.rows, digest: try instances.ids.digest)
            try await context.federation.send(rows, name: MessageName.predictionIDs, tag: stage, to: .host)
            let columns = Columns(instances: instances, hasIntercept: model.meta.fitsIntercept, feature: FixedPoint())
            var scores = columns.scores(
                Array(0..<instances.rows), weights: try model.weights(for: instances.header))
            for host in hosts { try await add(host, to: &scores, stage: stage) }
            for (row, score) in scores.enumerated() {
                let value = prediction(score, label: instances.labels?[row], stage: stage, model: model)
                try writer.put(instances.ids[row], value)
            }
        }
        try await context.outputs.table(try await writer.seal(schema: schema))
    }

    private func add(_ host: Party, to scores: inout [Double], stage: String) async throws {
        for (part, start) in stride(from: 0, to: scores.count, by: scoresPerMessage).enumerated() {
            let end = min(scores.count, start + scoresPerMessage)
            let theirs = try await context.federation.receive(
                [Double].self, name: MessageName.hostScore, tag: "\(stage).\(part)", from: host)
            guard theirs.count == end - start, theirs.allSatisfy(\.isFinite) else {
                throw ComponentError.peer(host, "its scores are not \(end - start) finite numbers")
            }
            for index in start..<end { scores[index] += theirs[index - start] }
        }
    }

    /// FATE's columns: label, predict_result, predict_score, predict_detail, type.
    private func prediction(_ score: Double, label: Double?, stage: String, model: LinearModel) -> CBOR {
        let classes = model.parameters.classes.count == 2 ? model.parameters.classes : [0, 1]
        let probability = 1 / (1 + exp(-score))
        let result = probability > context.parameters.prediction.threshold ? classes[1] : classes[0]
        let detail =
            "{\"\(name(classes[0]))\": \(1 - probability), \"\(name(classes[1]))\": \(probability)}"
        return [
            label.map(number) ?? .null, number(result), .double(probability), .text(detail), .text(stage),
        ]
    }

    private func number(_ value: Double) -> CBOR { Int64(exactly: value).map(CBOR.int) ?? .double(value) }
    private func name(_ value: Double) -> String { Int64(exactly: value).map { "\($0)" } ?? "\(value)" }
}

extension Host {
    /// Sends own scores, and hands out the rows' ids without values, as FATE's hosts do.
    func predict(_ stages: Stages, with model: LinearModel) async throws {
        let writer = try context.tables.writer()
        var schema = TableSchema(layout: .text, header: [], content: .predictions)
        for (stage, input) in stages.predictions {
            let table = try await context.inputs.table(input)
            let instances = try await table.instances()
            schema.idName = table.schema?.idName ?? schema.idName
            let asked = try await context.federation.receive(
                PredictionRows.self, name: MessageName.predictionIDs, tag: stage, from: guest)
            guard asked.rows == instances.rows, try instances.ids.digest == asked.digest else {
                throw ComponentError.invalid(
                    field: input,
                    "its ids (\(instances.rows) rows) are not those of \(guest) (\(asked.rows) rows): put Intersection before"
                )
            }
            let columns = Columns(instances: instances, hasIntercept: false, feature: FixedPoint())
            let scores = columns.scores(
                Array(0..<instances.rows), weights: try model.weights(for: instances.header))
            for (part, start) in stride(from: 0, to: scores.count, by: scoresPerMessage).enumerated() {
                try await context.federation.send(
                    Array(scores[start..<min(scores.count, start + scoresPerMessage)]), name: MessageName.hostScore,
                    tag: "\(stage).\(part)", to: guest)
            }
            for id in instances.ids { try writer.put(id, "") }
        }
        try await context.outputs.table(try await writer.seal(schema: schema))
    }
}
