import NornCrypto
import NornKit
import NornMath

/// What guest and hosts do differently in a fit.
protocol FitSide: Sendable {
    /// The labels that mean no and yes, where this party knows them and one model tells them apart: without them a
    /// checkpoint would predict numbers.
    var classes: [Double] { get }
    /// The rows of an epoch's batches.
    func order(_ epoch: Int) async throws -> [[Int]]
    /// The rows of a batch over which the Hessian is taken.
    func hessianRows(_ batch: [Int], count: Int, tag: String) async throws -> [Int]
    /// Exchanges parts of the residual for some rows.
    /// - Parameter isHessian: the weights are a change of weights; labels count for nothing
    /// - Returns: the residual of each row, encrypted, and this party's own part of it
    func residual(
        _ rows: [Int], weights: [Double], isHessian: Bool, tag: String
    ) async throws -> (sum: PaillierCiphertexts, part: [Double])
    /// Brings this party's part of the loss on its way.
    func send(loss: PaillierCiphertexts, rows: [Int], tag: String) async throws
    /// The loss that the arbiter told, if it is this party's to see.
    func note(_ loss: Double?, epoch: Int) throws
    /// Measures the model, or lets it be measured.
    func validated(
        _ weights: [Double], epoch: Int, memory: inout ValidationMemory
    ) async throws -> ValidationStatus
}

/// A fit of one model at a party that has columns.
struct DataFit<Side: FitSide>: Sendable {
    let task: HeteroTask
    let side: Side
    let scope: FitScope
    let arbiter: Party
    let key: PaillierPublicKey
    let columns: Columns

    private var rules: TrainingRules { task.settings.rules }

    /// - Parameters:
    ///   - start: weights
    ///   - firstEpoch: not 0 after a warm start
    /// - Returns: the model, and at the guest what measuring it gave
    func run(
        _ start: [Double], firstEpoch: Int
    ) async throws -> (model: LinearModel.Parameters, history: ValidationHistory) {
        var weights = start
        var model = LinearModel.Parameters()
        model.iterations = firstEpoch
        model.classes = side.classes
        var best = BestWeights()
        var memory = ValidationMemory(rounds: task.settings.validation.rounds)
        var path: AveragedPath?
        if case .quasiNewton(let asked) = rules.method { path = AveragedPath(interval: asked.updateInterval) }
        for epoch in firstEpoch..<max(firstEpoch, task.settings.maximumIterations) {
            for (batch, rows) in try await side.order(epoch).enumerated() {
                try task.checkCancelled()
                let before = weights
                weights = try await step(weights, rows: rows, epoch: epoch, tag: scope.tag("\(epoch).\(batch)"))
                if let change = path?.observe(before) {
                    try await sendHessian(along: change, rows: rows, tag: scope.tag("h\(epoch).\(batch)"))
                }
            }
            let end = try await task.federation.receive(
                EpochEnd.self, name: MessageName.epochEnd, tag: scope.tag("\(epoch)"), from: arbiter)
            try side.note(end.loss, epoch: epoch)
            if let loss = end.loss { model.lossHistory.append(loss) }
            model.iterations = epoch + 1
            model.isConverged = end.stops
            try task.tracking.progress(epoch + 1, of: task.settings.maximumIterations, "epochs")
            let status = try await validate(weights, epoch: epoch, best: &best, memory: &memory)
            model.set(weights: weights, header: columns.instances.header)
            try await task.linear.keepCheckpoint(model, epoch: epoch, scope: scope, fitsIntercept: columns.hasIntercept)
            if end.stops || status?.stoppedBy != nil { break }
        }
        if let kept = best.kept {
            weights = kept.weights
            model.bestIteration = kept.epoch
        }
        model.set(weights: weights, header: columns.instances.header)
        return (model, memory.history)
    }

    private func validate(
        _ weights: [Double], epoch: Int, best: inout BestWeights, memory: inout ValidationMemory
    ) async throws -> ValidationStatus? {
        guard task.settings.validation.isDue(epoch) else { return nil }
        let status = try await side.validated(weights, epoch: epoch, memory: &memory)
        guard task.settings.validation.rounds != nil else { return nil }
        best.take(status, epoch: epoch, weights: weights)
        return status
    }

    /// One batch: the weights after the arbiter's step.
    private func step(_ weights: [Double], rows: [Int], epoch: Int, tag: String) async throws -> [Double] {
        let step = try task.federation.expect(name: MessageName.step, tag: tag, from: arbiter)
        let (residual, part) = try await side.residual(rows, weights: weights, isHessian: false, tag: tag)
        let sums = try columns.sums(residual, rows: rows, part: part, key: key, on: task.loop)
        let gradient = try penalised(sums, weights: weights, rows: rows.count)
        try await task.federation.send(gradient.weights, name: MessageName.gradient, tag: tag, to: arbiter)
        try await side.send(loss: gradient.loss, rows: rows, tag: tag)
        return try await moved(weights, by: step, epoch: epoch)
    }

    /// The Hessian along a change of this party's weights, for its own weights: to the arbiter.
    private func sendHessian(along change: [Double], rows: [Int], tag: String) async throws {
        guard case .quasiNewton(let asked) = rules.method else { return }
        let sample = try await side.hessianRows(rows, count: min(asked.sampleSize, rows.count), tag: tag)
        let (residual, part) = try await side.residual(sample, weights: change, isHessian: true, tag: tag)
        let sums = try columns.sums(residual, rows: sample, part: part, key: key, on: task.loop)
        let product = try penalised(sums, weights: change, rows: sample.count)
        try await task.federation.send(product.weights, name: MessageName.gradient, tag: tag, to: arbiter)
    }

    /// Adds the penalty's gradient and loss, freshly encrypted, so that what leaves is random anew.
    ///
    /// Sums are over a batch's rows and the arbiter divides by their number, so penalties are multiplied by it; the sum
    /// of the loss is multiplied by the form's square, so its penalty is divided by that.
    private func penalised(
        _ sums: PaillierCiphertexts, weights: [Double], rows: Int
    ) throws -> (weights: PaillierCiphertexts, loss: PaillierCiphertexts) {
        let coefficients = Array(weights.prefix(columns.instances.columns))
        var added = rules.regularizer.gradient(coefficients).map { $0 * Double(rows) }
        if columns.hasIntercept { added.append(0) }
        added.append(rules.regularizer.loss(coefficients) * Double(rows) / task.form.square)
        let encoded = try diverging { try columns.gradientEncoding.plaintexts(added) }
        let total = try key.adding(encoded, to: sums, on: task.loop)
        return (total.rows(0..<added.count - 1), total.rows([added.count - 1]))
    }

    /// The weights after the arbiter's step.
    private func moved(_ weights: [Double], by step: Expectation, epoch: Int) async throws -> [Double] {
        let step = try await step.value([Double].self)
        guard step.count == weights.count, step.allSatisfy(\.isFinite) else {
            throw ComponentError.peer(arbiter, "its step is not \(weights.count) finite numbers")
        }
        let count = columns.instances.columns
        let coefficients = rules.regularizer.update(
            Array(weights.prefix(count)), step: Array(step.prefix(count)), rate: rules.rate.initial, epoch: epoch)
        return coefficients + (columns.hasIntercept ? [weights[count] - step[count]] : [])
    }
}

extension HeteroTask {
    /// The weights to start from: a model's after a warm start, else new ones.
    func startWeights(_ columns: Columns, from model: LinearModel?, scope: FitScope) throws -> [Double] {
        guard let model else { return try linear.initialWeights(columns.weightCount) }
        guard model.meta.fitsIntercept == columns.hasIntercept else {
            throw ComponentError.invalid(
                field: "init_param.fit_intercept", "the model to start from has another choice of intercept")
        }
        let models = model.single
        guard models.indices.contains(scope.model ?? 0) else {
            throw ComponentError.invalid(
                field: "model", "the model to start from tells \(models.count) classes, the rows have others")
        }
        return try models[scope.model ?? 0].weights(
            for: columns.instances.header, fitsIntercept: columns.hasIntercept)
    }
}
