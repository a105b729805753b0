import Glibc
import NornCrypto
import NornKit
import NornMath

/// How a party with rows fits all models of one set of them.
struct HomoFitting {
    let task: HomoTask
    let plan: HomoPlan
    let arbiter: Party
    let masks: PairwiseMasks
    let before: LinearModel?

    /// - Parameter measured: this party's rows on which the models are measured while they train
    func fit(
        _ instances: Instances, fold: Int?, measured: [(stage: String, instances: Instances)]
    ) async throws -> (model: LinearModel, histories: [ValidationHistory]) {
        var fitted: [LinearModel.Parameters] = []
        var histories: [ValidationHistory] = []
        for scope in plan.scopes where scope.fold == fold {
            let share = try await shareOfRows(instances, scope)
            let (model, history) = try await fit(instances, share: share, scope: scope, measured: measured)
            fitted.append(model)
            histories.append(history)
        }
        var model = LinearModel(task.settings, fitsIntercept: task.settings.initial.fitsIntercept)
        model.set(fitted, classes: plan.classes)
        return (model, histories)
    }

    /// This party's rows as a part of all, without telling anyone how many it has.
    private func shareOfRows(_ instances: Instances, _ scope: FitScope) async throws -> Double {
        let tag = scope.tag("rows")
        try await send([Int64(instances.rows)], name: HomoMessage.maskedRows, tag: tag)
        let total = try await task.federation.receive(
            Int64.self, name: HomoMessage.totalRows, tag: tag, from: arbiter)
        guard Int64(instances.rows)...MaskedNumbers.mostRows ~= total else {
            throw ComponentError.peer(arbiter, "it says that all have \(total) rows, this party alone has more")
        }
        return Double(instances.rows) / Double(total)
    }

    private func send(_ integers: [Int64], name: String, tag: String) async throws {
        let masked = try masks.masked(integers, round: "\(name) \(tag)")
        try await task.federation.sendBytes(MaskedNumbers.bytes(masked), name: name, tag: tag, to: arbiter)
    }

    private func fit(
        _ instances: Instances, share: Double, scope: FitScope, measured: [(stage: String, instances: Instances)]
    ) async throws -> (LinearModel.Parameters, ValidationHistory) {
        let settings = task.settings
        let yes = scope.model.map { plan.classes[$0] } ?? plan.classes[1]
        var local = try LocalLogistic(instances, yes: yes, settings: settings, weights: try start(instances, scope))
        var model = LinearModel.Parameters()
        model.iterations = plan.firstEpoch(scope)
        if scope.model == nil { model.classes = plan.classes }
        var memory = ValidationMemory(rounds: nil)
        while model.iterations < settings.maximumIterations, !model.isConverged {
            try task.checkCancelled()
            let end = min(model.iterations + task.localEpochs, settings.maximumIterations)
            for epoch in model.iterations..<end {
                let loss = local.train(epoch: epoch)
                model.lossHistory.append(loss)
                try task.linear.reportLoss(loss, epoch: epoch, scope: scope)
            }
            let tag = scope.tag("\(end - 1)")
            let update = (local.weights + [model.lossHistory.last ?? 0]).map { $0 * share }
            try await send(try MaskedNumbers.integers(update), name: HomoMessage.maskedUpdate, tag: tag)
            let average = try await task.federation.receive(
                Average.self, name: HomoMessage.average, tag: tag, from: arbiter)
            guard average.weights.count == local.weights.count, average.weights.allSatisfy(\.isFinite) else {
                throw ComponentError.peer(arbiter, "its average is not \(local.weights.count) finite numbers")
            }
            local.weights = average.weights
            model.iterations = end
            model.isConverged = average.stops
            model.set(weights: local.weights, header: instances.header)
            try task.tracking.progress(end, of: settings.maximumIterations, "epochs")
            if settings.validation.isDue(end - 1) {
                try measure(measured, local.weights, yes: yes, epoch: end - 1, scope: scope, memory: &memory)
            }
            try await task.linear.keepCheckpoint(
                model, epoch: end - 1, scope: scope, fitsIntercept: settings.initial.fitsIntercept)
        }
        model.set(weights: local.weights, header: instances.header)
        return (model, memory.history)
    }

    private func start(_ instances: Instances, _ scope: FitScope) throws -> [Double] {
        let hasIntercept = task.settings.initial.fitsIntercept
        guard let before else { return try task.linear.initialWeights(instances.columns + (hasIntercept ? 1 : 0)) }
        guard before.meta.fitsIntercept == hasIntercept, before.single.indices.contains(scope.model ?? 0) else {
            throw ComponentError.invalid(
                field: "init_param.fit_intercept",
                "the model to start from has another choice of intercept, or other classes")
        }
        return try before.single[scope.model ?? 0].weights(for: instances.header, fitsIntercept: hasIntercept)
    }

    private func measure(
        _ measured: [(stage: String, instances: Instances)], _ weights: [Double], yes: Double, epoch: Int,
        scope: FitScope, memory: inout ValidationMemory
    ) throws {
        let metrics = InTrainingMetrics(.binary, task.settings.validation.metrics)
        for (stage, instances) in measured {
            let ordered = try instances.reordered(plan.header, from: task.guest)
            let values = metrics.values(
                truth: (ordered.labels ?? []).map { $0 == yes ? 1 : 0 },
                predictions: ordered.scores(0..<ordered.rows, weights: weights).map(PredictionTable.probability))
            try task.linear.publish(values, as: scope.validationName(epoch), namespace: stage)
            memory.note(values, namespace: stage)
        }
    }
}

/// Logistic regression on rows of one's own: the exact loss, one optimizer step a batch.
struct LocalLogistic {
    var weights: [Double]
    private let instances: Instances
    private let targets: [Double]
    private let rowWeights: [Double]?
    private let regularizer: Regularizer
    private let rate: LearningRate
    private var optimizer: Optimizer
    private let batches: [[Int]]

    /// - Parameters:
    ///   - yes: the label that means yes
    ///   - weights: to start from, the intercept last where there is one
    init(_ instances: Instances, yes: Double, settings: TrainingSettings, weights: [Double]) throws {
        guard case .gradient(let method) = settings.rules.method else {
            throw ComponentError.invalid(field: "optimizer", "sqn is for models on several parties' columns")
        }
        self.instances = instances
        self.weights = weights
        targets = (instances.labels ?? []).map { $0 == yes ? 1 : 0 }
        let total = instances.weights?.reduce(0, +) ?? 0
        rowWeights = total > 0 ? instances.weights?.map { $0 * Double(instances.rows) / total } : nil
        regularizer = settings.rules.regularizer
        rate = settings.rules.rate
        optimizer = Optimizer(method, rate: settings.rules.rate)
        batches = Batches(rows: instances.rows, size: settings.batchSize).inOrder()
    }

    /// One epoch.
    /// - Returns: the mean of the batches' losses, before each batch's step
    mutating func train(epoch: Int) -> Double {
        var losses = 0.0
        for batch in batches { losses += step(batch, epoch: epoch) }
        return losses / Double(batches.count)
    }

    private mutating func step(_ batch: [Int], epoch: Int) -> Double {
        let columns = instances.columns
        let size = Double(batch.count)
        let coefficients = Array(weights.prefix(columns))
        var gradient = regularizer.gradient(coefficients) + [Double](repeating: 0, count: weights.count - columns)
        var loss = regularizer.loss(coefficients)
        for (row, score) in zip(batch, instances.scores(batch, weights: weights)) {
            let weight = (rowWeights?[row] ?? 1) / size
            // ln(1 + e^z) - yz, written so that no power overflows.
            loss += weight * (max(score, 0) + log1p(exp(-abs(score))) - targets[row] * score)
            let d = weight * (PredictionTable.probability(score) - targets[row])
            for column in 0..<columns { gradient[column] += d * instances.features[row * columns + column] }
            if weights.count > columns { gradient[columns] += d }
        }
        let step = optimizer.step(gradient, epoch: epoch)
        let moved = regularizer.update(
            coefficients, step: Array(step.prefix(columns)), rate: rate.initial, epoch: epoch)
        weights = moved + (weights.count > columns ? [weights[columns] - step[columns]] : [])
        return loss
    }
}
