import NornKit
import NornMath

// Cross validation of models on several parties' columns: the guest draws the folds, all fit each of them in turn.

extension HeteroGuest {
    func crossValidate(
        _ asked: CrossValidation, table: Table, instances: Instances, fitting: GuestFitting
    ) async throws {
        let folds = try draw(asked, rows: instances.rows)
        try await task.linear.sendRows(folds.ofRow, name: MessageName.folds, tag: "", to: .host)
        var history = FoldHistory(task.linear, asked: asked, table: table)
        var summary: [String: CBOR] = ["fold_num": .int(Int64(folds.count))]
        for fold in 0..<folds.count {
            let training = instances.subset(folds.trainingRows(fold))
            let validation = instances.subset(folds.validationRows(fold))
            for model in 0..<fitting.plan.models {
                try await task.federation.send(
                    FitSize(rows: training.rows), name: MessageName.fitSize, tag: "f\(fold).\(model)", to: .arbiter)
            }
            let parts = [("train", training), ("validate", validation)]
            let (model, histories) = try await fitting.fit(
                training, fold: fold, measured: fitting.plan.validates ? parts : [])
            for (stage, part) in parts {
                let predictions = try await predictions(part, with: model, stage: stage, tag: "f\(fold).\(stage)")
                try task.linear.publish(
                    task.linear.measure(predictions, model: model), as: "\(stage)_fold_\(fold)", namespace: stage)
                try history.add(part, predictions.map(\.row), fold: fold, stage: stage)
            }
            summary["fold_\(fold)"] = .map(task.linear.summary(model, histories))
        }
        try task.tracking.summary(summary)
        try await history.handOut()
    }

    private func draw(_ asked: CrossValidation, rows: Int) throws -> Folds {
        guard rows / asked.splits >= ParameterLimits.smallestBatch else {
            throw ComponentError.invalid(
                field: "cv_param.n_splits",
                "\(rows) rows in \(asked.splits) folds are fewer than \(ParameterLimits.smallestBatch) a fold")
        }
        guard asked.shuffle else { return Folds(Array(0..<rows), count: asked.splits) }
        var generator = SeededGenerator(seed: asked.seed)
        return Folds((0..<rows).shuffled(using: &generator), count: asked.splits)
    }
}

extension HeteroHost {
    func crossValidate(
        _ asked: CrossValidation, table: Table, instances: Instances, fitting: HostFitting
    ) async throws {
        let drawn = try await task.linear.receiveRows(name: MessageName.folds, tag: "", from: guest)
        guard drawn.count == instances.rows,
            let folds = Folds(ofRow: drawn, count: asked.splits, smallest: ParameterLimits.smallestBatch)
        else { throw ComponentError.peer(guest, "its folds are not \(asked.splits) of all rows") }
        var history = FoldHistory(task.linear, asked: asked, table: table)
        var summary: [String: CBOR] = ["fold_num": .int(Int64(folds.count))]
        for fold in 0..<folds.count {
            let training = instances.subset(folds.trainingRows(fold))
            let validation = instances.subset(folds.validationRows(fold))
            let parts = [("train", training), ("validate", validation)]
            let model = try await fitting.fit(training, fold: fold, measured: fitting.plan.validates ? parts : [])
            for (stage, part) in parts {
                try await sendScores(part, of: model, tag: "f\(fold).\(stage)")
                try history.add(part, nil, fold: fold, stage: stage)
            }
            summary["fold_\(fold)"] = .map(task.linear.summary(model, []))
        }
        try task.tracking.summary(summary)
        try await history.handOut()
    }
}
