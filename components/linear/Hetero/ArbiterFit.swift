import NornCrypto
import NornKit
import NornMath

/// A fit of one model at the arbiter.
struct ArbiterFit {
    let task: HeteroTask
    let owners: [Party]
    let guest: Party
    /// weights of each owner
    let shapes: [Int]
    let secret: PaillierPrivateKey
    let checker: PaillierPublicKey
    let scope: FitScope
    let batches: Batches
    let isWeighted: Bool

    func run(firstEpoch: Int) async throws -> LinearModel.Parameters {
        var model = LinearModel.Parameters()
        model.iterations = firstEpoch
        var stepper = Stepper(task.settings.rules, weights: shapes.reduce(0, +))
        var convergence = Convergence(task.settings.rules.stop, tolerance: task.settings.tolerance)
        var best = BestWeights()
        for epoch in firstEpoch..<max(firstEpoch, task.settings.maximumIterations) {
            var losses: [Double] = []
            var steps = [Double](repeating: 0, count: shapes.reduce(0, +))
            for (batch, rows) in batches.sizes.enumerated() {
                try task.checkCancelled()
                let tag = "\(epoch).\(batch)"
                let step = stepper.step(try await gradient(scope.tag(tag), rows: rows), epoch: epoch)
                try await send(step, tag: scope.tag(tag))
                losses.append(try await loss(scope.tag(tag), rows: rows))
                for index in steps.indices { steps[index] += step[index] }
                if let (change, sample) = stepper.changeToMeasure(step, rows: rows) {
                    stepper.remember(change, try await gradient(scope.tag("h" + tag), rows: sample))
                }
            }
            let loss = losses.reduce(0, +) / Double(losses.count)
            model.lossHistory.append(loss)
            model.iterations = epoch + 1
            model.isConverged = convergence.isReached(loss: loss, steps: steps)
            try await tell(model.isConverged, loss: loss, epoch: epoch)
            let stops = try await isStopped(epoch, best: &best)
            try await task.linear.keepCheckpoint(model, epoch: epoch, scope: scope, fitsIntercept: false)
            if model.isConverged || stops { break }
        }
        model.bestIteration = best.kept?.epoch ?? -1
        return model
    }

    private func tell(_ stops: Bool, loss: Double, epoch: Int) async throws {
        let tag = scope.tag("\(epoch)")
        try await task.federation.send(
            EpochEnd(stops: stops, loss: loss), name: MessageName.epochEnd, tag: tag, to: guest)
        try await task.federation.send(
            EpochEnd(stops: stops, loss: nil), name: MessageName.epochEnd, tag: tag, to: .host)
        try task.linear.reportLoss(loss, epoch: epoch, scope: scope)
        try task.tracking.progress(epoch + 1, of: task.settings.maximumIterations, "epochs")
    }

    private func isStopped(_ epoch: Int, best: inout BestWeights) async throws -> Bool {
        guard task.settings.validation.rounds != nil, task.settings.validation.isDue(epoch) else { return false }
        let status = try await task.federation.receive(
            ValidationStatus.self, name: MessageName.validationStatus, tag: scope.tag("\(epoch)"), from: guest)
        best.take(status, epoch: epoch, weights: [])
        return status.stoppedBy != nil
    }

    /// What all parties sent, one after the other, as a mean over the rows.
    private func gradient(_ tag: String, rows: Int) async throws -> [Double] {
        let expected = try zip(owners, shapes).map { owner, count in
            try task.federation.expectCiphertexts(count, name: MessageName.gradient, tag: tag, from: owner)
        }
        var all: [Double] = []
        for part in expected {
            all += try decrypt(try await part.arrived(checker, on: task.loop)).map { $0 / Double(rows) }
        }
        return all
    }

    private func send(_ step: [Double], tag: String) async throws {
        var start = 0
        for (owner, count) in zip(owners, shapes) {
            try await task.federation.send(
                Array(step[start..<start + count]), name: MessageName.step, tag: tag, to: owner)
            start += count
        }
    }

    private func loss(_ tag: String, rows: Int) async throws -> Double {
        let expected = try task.federation.expectCiphertexts(1, name: MessageName.loss, tag: tag, from: guest)
        let sum = try decrypt(try await expected.arrived(checker, on: task.loop))
        return task.form.square * sum[0] / Double(rows)
    }

    private func decrypt(_ ciphertexts: PaillierCiphertexts) throws -> [Double] {
        let encoding = Columns.residual(isWeighted: isWeighted) * FixedPoint(fractionalBits: task.precision)
        return try diverging { try secret.decrypt(ciphertexts, on: task.loop) }.map(encoding.value)
    }
}

/// Turns gradients into steps, with what the method remembers.
struct Stepper {
    private enum State {
        case gradient(Optimizer)
        case quasiNewton(QuasiNewton, path: AveragedPath, sampleSize: Int)
    }

    private let rate: LearningRate
    private var state: State
    /// the sum of all steps, downwards: the weights but for their start, which the arbiter does not know
    private var moved: [Double]

    /// - Parameter weights: how many
    init(_ rules: TrainingRules, weights: Int) {
        rate = rules.rate
        moved = [Double](repeating: 0, count: weights)
        switch rules.method {
        case .gradient(let method): state = .gradient(Optimizer(method, rate: rules.rate))
        case .quasiNewton(let asked):
            state = .quasiNewton(
                QuasiNewton(memory: asked.memory), path: AveragedPath(interval: asked.updateInterval),
                sampleSize: asked.sampleSize)
        }
    }

    mutating func step(_ gradient: [Double], epoch: Int) -> [Double] {
        switch state {
        case .gradient(var optimizer):
            defer { state = .gradient(optimizer) }
            return optimizer.step(gradient, epoch: epoch)
        case .quasiNewton(let memory, _, _):
            return memory.direction(gradient).map { $0 * rate.value(epoch: epoch) }
        }
    }

    /// Along which change of the weights the Hessian is needed after a step, and over how many rows it is taken.
    mutating func changeToMeasure(_ step: [Double], rows: Int) -> (change: [Double], sample: Int)? {
        guard case .quasiNewton(let memory, var path, let sampleSize) = state else { return nil }
        let change = path.observe(moved)
        moved = zip(moved, step).map(-)
        state = .quasiNewton(memory, path: path, sampleSize: sampleSize)
        return change.map { ($0, min(sampleSize, rows)) }
    }

    mutating func remember(_ change: [Double], _ product: [Double]) {
        guard case .quasiNewton(var memory, let path, let sampleSize) = state else { return }
        memory.remember(weights: change, gradient: product)
        state = .quasiNewton(memory, path: path, sampleSize: sampleSize)
    }
}
