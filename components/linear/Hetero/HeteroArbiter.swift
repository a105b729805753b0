import NornCrypto
import NornKit
import NornMath

/// The arbiter's side: has the key and the optimizer; sees gradients and the loss, never weights, rows or labels.
struct Arbiter {
    let context: LRContext
    let guest: Party
    /// hosts in the job's order, then the guest
    let owners: [Party]

    init(_ context: LRContext, guest: Party) {
        self.context = context
        self.guest = guest
        owners = context.parties[.host] + [guest]
    }

    func run() async throws {
        let plan = try await context.federation.receive(Plan.self, name: MessageName.plan, from: guest)
        guard plan.trains else { return }
        guard 1...Plan.mostRows ~= plan.rows, 1...Plan.mostRows ~= plan.batchSize ?? plan.rows else {
            throw ComponentError.peer(
                guest, "its plan has \(plan.rows) rows in batches of \(plan.batchSize ?? plan.rows)")
        }
        try plan.check(context.parameters, from: guest)
        let parameters = context.parameters
        let bits = parameters.encryption.keyLength
        if bits < PaillierPublicKey.recommendedBits {
            context.log.warning(
                "encrypt_param.key_length is \(bits): such keys can be broken; take \(PaillierPublicKey.recommendedBits)."
            )
        }
        let secret = try PaillierPrivateKey(bits: bits)
        for owner in owners {
            try await context.federation.sendBytes(secret.modulus, name: MessageName.publicKey, to: owner)
        }
        let shapes = try await receiveShapes()
        var model = LinearModel(parameters, fitsIntercept: parameters.initial.fitsIntercept)
        let checker = try PaillierPublicKey(modulus: secret.modulus, encrypts: false)
        try await train(plan, shapes: shapes, secret: secret, checker: checker, model: &model)
        try await context.finish(model)
    }

    private func receiveShapes() async throws -> [Int] {
        var counts: [Int] = []
        for owner in owners {
            let shape = try await context.federation.receive(
                WeightShape.self, name: MessageName.weightShape, from: owner)
            guard 0...WeightShape.mostWeights ~= shape.weights else {
                throw ComponentError.peer(
                    owner, "it has \(shape.weights) weights; at most \(WeightShape.mostWeights) are possible")
            }
            counts.append(shape.weights)
        }
        return counts
    }

    private func train(
        _ plan: Plan, shapes: [Int], secret: PaillierPrivateKey, checker: PaillierPublicKey, model: inout LinearModel
    ) async throws {
        let rules = try context.parameters.trainingRules()
        var optimizer = Optimizer(rules.method, rate: rules.rate)
        var convergence = Convergence(rules.stop, tolerance: context.parameters.tolerance)
        let sizes = plan.batches.sizes
        for epoch in 0..<context.parameters.maximumIterations {
            var losses: [Double] = []
            var steps = [Double](repeating: 0, count: shapes.reduce(0, +))
            for (batch, rows) in sizes.enumerated() {
                try context.checkCancelled()
                let work = ArbiterBatch(
                    arbiter: self, shapes: shapes, secret: secret, checker: checker, rows: rows,
                    tag: "\(epoch).\(batch)")
                let gradient = try await work.gradient()
                let step = optimizer.step(gradient, epoch: epoch)
                try await work.send(step)
                losses.append(try await work.loss())
                for index in steps.indices { steps[index] += step[index] }
            }
            let loss = losses.reduce(0, +) / Double(losses.count)
            let stops = convergence.isReached(loss: loss, steps: steps)
            try await context.federation.send(
                EpochEnd(stops: stops, loss: loss), name: MessageName.epochEnd, tag: "\(epoch)", to: guest)
            try await context.federation.send(
                EpochEnd(stops: stops, loss: nil), name: MessageName.epochEnd, tag: "\(epoch)", to: .host)
            try context.reportLoss(loss, epoch: epoch)
            try context.tracking.progress(epoch + 1, of: context.parameters.maximumIterations, "epochs")
            model.parameters.lossHistory.append(loss)
            model.parameters.iterations = epoch + 1
            model.parameters.isConverged = stops
            if stops { break }
        }
    }
}

/// One batch at the arbiter.
struct ArbiterBatch {
    let arbiter: Arbiter
    let shapes: [Int]
    let secret: PaillierPrivateKey
    let checker: PaillierPublicKey
    let rows: Int
    let tag: String

    private var context: LRContext { arbiter.context }
    private var encoding: FixedPoint {
        Columns.forward * FixedPoint(fractionalBits: context.parameters.precision)
    }

    /// The mean gradient of all parties, one after the other.
    func gradient() async throws -> [Double] {
        let expected = try zip(arbiter.owners, shapes).map { owner, count in
            try context.federation.expectCiphertexts(count, name: MessageName.gradient, tag: tag, from: owner)
        }
        var all: [Double] = []
        for part in expected {
            all += try decrypt(try await part.arrived(checker, on: context.loop)).map { $0 / Double(rows) }
        }
        return all
    }

    func send(_ step: [Double]) async throws {
        var start = 0
        for (owner, count) in zip(arbiter.owners, shapes) {
            try await context.federation.send(
                Array(step[start..<start + count]), name: MessageName.step, tag: tag, to: owner)
            start += count
        }
    }

    /// ln 2 - 1/2 + 2 mean(d²) and penalties.
    func loss() async throws -> Double {
        let expected = try context.federation.expectCiphertexts(
            1, name: MessageName.loss, tag: tag, from: arbiter.guest)
        let sum = try decrypt(try await expected.arrived(checker, on: context.loop))
        return 0.6931471805599453 - 0.5 + 2 * sum[0] / Double(rows)
    }

    private func decrypt(_ ciphertexts: PaillierCiphertexts) throws -> [Double] {
        try diverging { try secret.decrypt(ciphertexts, on: context.loop) }.map(encoding.value)
    }
}
