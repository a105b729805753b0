import NornKit
import NornMath

extension HomoParty {
    /// Every party predicts its own rows by itself.
    func predict(_ stages: Stages, with model: LinearModel) async throws {
        let writer = try task.tables.writer()
        var schema = PredictionTable.schema(idName: "id")
        for (stage, input) in stages.predictions {
            let table = try await task.inputs.table(input)
            let instances = try await table.instances()
            schema.idName = table.schema?.idName ?? schema.idName
            for (id, prediction) in zip(instances.ids, try predictions(instances, with: model, stage: stage)) {
                try writer.put(id, prediction.row)
            }
        }
        try await task.outputs.table(try await writer.seal(schema: schema))
    }

    private func predictions(_ instances: Instances, with model: LinearModel, stage: String) throws -> [Prediction] {
        let scores = try model.single.map { single in
            instances.scores(
                0..<instances.rows,
                weights: try single.weights(for: instances.header, fitsIntercept: model.meta.fitsIntercept))
        }
        return (0..<instances.rows).map { row in
            PredictionTable.prediction(
                scores.map { $0[row] }, classes: model.parameters.classes, threshold: task.settings.threshold,
                label: instances.labels?[row], stage: stage)
        }
    }

    /// Every party folds its own rows; the models of a fold are averaged over all.
    func crossValidate(
        _ asked: CrossValidation, table: Table, instances: Instances, fitting: HomoFitting
    ) async throws {
        guard instances.rows >= asked.splits * 2 else {
            throw ComponentError.invalid(
                field: "cv_param.n_splits", "\(instances.rows) rows are too few for \(asked.splits) folds")
        }
        var generator = SeededGenerator(seed: asked.seed)
        let order = Array(0..<instances.rows)
        let folds = Folds(asked.shuffle ? order.shuffled(using: &generator) : order, count: asked.splits)
        var history = FoldHistory(task.linear, asked: asked, table: table)
        var summary: [String: CBOR] = ["fold_num": .int(Int64(folds.count))]
        for fold in 0..<folds.count {
            let parts = [
                ("train", instances.subset(folds.trainingRows(fold))),
                ("validate", instances.subset(folds.validationRows(fold))),
            ]
            let (model, histories) = try await fitting.fit(
                parts[0].1, fold: fold, measured: task.settings.validation.isActive ? parts : [])
            for (stage, part) in parts {
                let predictions = try predictions(part, with: model, stage: stage)
                try task.linear.publish(
                    task.linear.measure(predictions, model: model), as: "\(stage)_fold_\(fold)", namespace: stage)
                try history.add(part, predictions.map(\.row), fold: fold, stage: stage)
            }
            summary["fold_\(fold)"] = .map(task.linear.homoSummary(model, histories))
        }
        try task.tracking.summary(summary)
        try await history.handOut()
    }
}

extension LinearTask {
    /// FATE's summary of a model on several parties' rows calls its own losses local.
    func homoSummary(_ model: LinearModel, _ histories: [ValidationHistory]) -> [String: CBOR] {
        func renamed(_ summary: [String: CBOR]) -> [String: CBOR] {
            var summary = summary
            summary["local_loss_history"] = summary.removeValue(forKey: "loss_history")
            return summary
        }
        let summary = summary(model, histories)
        guard model.parameters.needsOneVsRest else { return renamed(summary) }
        return summary.mapValues { .map(renamed($0.map ?? [:])) }
    }
}
