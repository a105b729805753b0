import NornCrypto
import NornKit
import NornMath

/// The arbiter's side: adds up what is masked, and so sees sums over all parties only.
struct HomoArbiter {
    let task: HomoTask

    func run() async throws {
        let plan = try await task.federation.receive(HomoPlan.self, name: HomoMessage.plan, from: task.guest)
        guard plan.trains else { return }
        try plan.check(task)
        var fitted: [LinearModel.Parameters] = []
        for scope in plan.scopes {
            try await countRows(scope)
            fitted.append(try await fit(plan, scope))
        }
        guard plan.folds == 0 else { return }
        var model = LinearModel(task.settings, fitsIntercept: task.settings.initial.fitsIntercept)
        model.set(fitted, classes: [])
        try await task.linear.publish(model)
        try task.tracking.summary(task.linear.summary(model, []))
    }

    /// Tells all how many rows they have together.
    private func countRows(_ scope: FitScope) async throws {
        let total = try await sum(1, name: HomoMessage.maskedRows, tag: scope.tag("rows"))[0]
        guard 1...MaskedNumbers.mostRows ~= total else {
            throw ComponentError(.dataLoss, "The parties' rows add up to \(total).", fault: .peer)
        }
        for owner in task.owners {
            try await task.federation.send(
                total, name: HomoMessage.totalRows, tag: scope.tag("rows"), to: owner)
        }
    }

    private func fit(_ plan: HomoPlan, _ scope: FitScope) async throws -> LinearModel.Parameters {
        let settings = task.settings
        let weights = plan.columns + (settings.initial.fitsIntercept ? 1 : 0)
        var model = LinearModel.Parameters()
        var convergence = HomoConvergence(settings)
        model.iterations = plan.firstEpoch(scope)
        while model.iterations < settings.maximumIterations {
            try task.checkCancelled()
            let epoch = min(model.iterations + task.localEpochs, settings.maximumIterations) - 1
            let tag = scope.tag("\(epoch)")
            let sums = MaskedNumbers.values(
                try await sum(weights + 1, name: HomoMessage.maskedUpdate, tag: tag))
            let average = Array(sums.prefix(weights))
            model.lossHistory.append(sums[weights])
            model.iterations = epoch + 1
            model.isConverged = convergence.isReached(loss: sums[weights], weights: average)
            for owner in task.owners {
                try await task.federation.send(
                    Average(weights: average, stops: model.isConverged), name: HomoMessage.average, tag: tag, to: owner)
            }
            try task.linear.reportLoss(sums[weights], epoch: epoch, scope: scope)
            try task.tracking.progress(epoch + 1, of: settings.maximumIterations, "epochs")
            // It has no weights, but a deployment of an epoch asks every party that has a model for that epoch's.
            try await task.linear.keepCheckpoint(
                model, epoch: epoch, scope: scope, fitsIntercept: settings.initial.fitsIntercept)
            if model.isConverged { break }
        }
        return model
    }

    /// The sum of all parties' numbers. Where one party does not send, nothing comes of what the others sent.
    private func sum(_ count: Int, name: String, tag: String) async throws -> [Int64] {
        let expected = try task.owners.map { try task.federation.expect(name: name, tag: tag, from: $0) }
        var vectors: [[UInt64]] = []
        for (owner, part) in zip(task.owners, expected) {
            vectors.append(try MaskedNumbers.words(try await part.bytes(), count: count, from: owner))
        }
        return try PairwiseMasks.sum(vectors)
    }
}

/// FATE's rule for models that are averaged: a difference of weights counts against their length.
struct HomoConvergence {
    private var rule: Convergence
    private let tolerance: Double
    private var last: [Double]?

    init(_ settings: TrainingSettings) {
        rule = Convergence(settings.rules.stop, tolerance: settings.tolerance)
        tolerance = settings.tolerance
    }

    mutating func isReached(loss: Double, weights: [Double]) -> Bool {
        guard rule.rule == .weightDiff else { return rule.isReached(loss: loss, steps: []) }
        defer { last = weights }
        guard let last else { return false }
        let change = zip(weights, last).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        let length = weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return change < tolerance * max(length, 1)
    }
}
