import NornCrypto
import NornKit

/// Which rows a prediction is about.
struct PredictionRows: Codable, Sendable {
    var rows: Int
    var digest: [UInt8]
}

/// Scores travel in objects of at most this many.
private let scoresPerMessage = 500_000

extension LinearTask {
    func send(scores: [Double], name: String, tag: String, to party: Party) async throws {
        for (part, start) in stride(from: 0, to: scores.count, by: scoresPerMessage).enumerated() {
            try await federation.send(
                Array(scores[start..<min(scores.count, start + scoresPerMessage)]), name: name, tag: "\(tag).\(part)",
                to: party)
        }
    }

    func add(to scores: inout [Double], name: String, tag: String, from party: Party) async throws {
        for (part, start) in stride(from: 0, to: scores.count, by: scoresPerMessage).enumerated() {
            let end = min(scores.count, start + scoresPerMessage)
            let theirs = try await federation.receive(
                [Double].self, name: name, tag: "\(tag).\(part)", from: party)
            guard theirs.count == end - start, theirs.allSatisfy(\.isFinite) else {
                throw ComponentError.peer(party, "its scores are not \(end - start) finite numbers")
            }
            for index in start..<end { scores[index] += theirs[index - start] }
        }
    }
}

extension HeteroGuest {
    /// Adds up the parties' scores for the rows of each stage and hands out one table of predictions.
    func predict(_ stages: Stages, with model: LinearModel) async throws {
        let writer = try task.tables.writer()
        var schema = PredictionTable.schema(idName: "id")
        for (stage, input) in stages.predictions {
            let table = try await task.inputs.table(input)
            let instances = try await table.instances()
            schema.idName = table.schema?.idName ?? schema.idName
            try await agree(on: instances, tag: stage)
            let predictions = try await predictions(instances, with: model, stage: stage, tag: stage)
            for (id, prediction) in zip(instances.ids, predictions) { try writer.put(id, prediction.row) }
        }
        try await task.outputs.table(try await writer.seal(schema: schema))
    }

    func predictions(
        _ instances: Instances, with model: LinearModel, stage: String, tag: String
    ) async throws -> [Prediction] {
        var scores: [[Double]] = []
        for (place, single) in model.single.enumerated() {
            let weights = try single.weights(for: instances.header, fitsIntercept: model.meta.fitsIntercept)
            var sums = instances.scores(0..<instances.rows, weights: weights)
            for host in hosts {
                try await task.linear.add(
                    to: &sums, name: MessageName.hostScore, tag: model.tag(tag, of: place), from: host)
            }
            scores.append(sums)
        }
        return (0..<instances.rows).map { row in
            PredictionTable.prediction(
                scores.map { $0[row] }, classes: model.parameters.classes, threshold: task.settings.threshold,
                label: instances.labels?[row], stage: stage)
        }
    }
}

extension HeteroHost {
    /// Sends own scores, and hands out the rows' ids without values, as FATE's hosts do.
    func predict(_ stages: Stages, with model: LinearModel) async throws {
        let writer = try task.tables.writer()
        var schema = TableSchema(layout: .text, header: [], content: .predictions)
        for (stage, input) in stages.predictions {
            let table = try await task.inputs.table(input)
            let instances = try await table.instances()
            schema.idName = table.schema?.idName ?? schema.idName
            let asked = try await task.federation.receive(
                PredictionRows.self, name: MessageName.predictionIDs, tag: stage, from: guest)
            try check(instances, are: asked, field: input)
            try await sendScores(instances, of: model, tag: stage)
            for id in instances.ids { try writer.put(id, "") }
        }
        try await task.outputs.table(try await writer.seal(schema: schema))
    }

    func sendScores(_ instances: Instances, of model: LinearModel, tag: String) async throws {
        for (place, single) in model.single.enumerated() {
            let weights = try single.weights(for: instances.header, fitsIntercept: model.meta.fitsIntercept)
            try await task.linear.send(
                scores: instances.scores(0..<instances.rows, weights: weights), name: MessageName.hostScore,
                tag: model.tag(tag, of: place), to: guest)
        }
    }
}

extension LinearModel {
    /// The tag of scores of one of the models.
    fileprivate func tag(_ tag: String, of place: Int) -> String {
        parameters.needsOneVsRest ? "m\(place).\(tag)" : tag
    }
}
