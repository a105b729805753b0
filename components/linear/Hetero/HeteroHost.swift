import NornCrypto
import NornKit
import NornMath

/// A host's side: has columns, sees no label.
struct Host {
    let context: LRContext
    let guest: Party

    init(_ context: LRContext, guest: Party) {
        self.context = context
        self.guest = guest
    }

    func run() async throws {
        let stages = Stages(context.inputs)
        let plan = try await context.federation.receive(Plan.self, name: MessageName.plan, from: guest)
        try stages.check(plan, from: guest)
        let model: LinearModel
        if let input = stages.training {
            model = try await train(input, plan: plan)
            try await context.finish(model)
        } else {
            model = try await context.inputs.model(LinearModel.self)
        }
        try await predict(stages, with: model)
    }

    private func train(_ input: String, plan: Plan) async throws -> LinearModel {
        let instances = try await context.inputs.table(input).instances()
        guard instances.rows == plan.rows, try instances.ids.digest == plan.digest else {
            throw ComponentError.invalid(
                field: input,
                "its ids (\(instances.rows) rows) are not those of \(guest) (\(plan.rows) rows): put Intersection before"
            )
        }
        try plan.check(context.parameters, from: guest)
        let rules = try context.parameters.trainingRules()
        let columns = Columns(
            instances: instances, hasIntercept: false,
            feature: FixedPoint(fractionalBits: context.parameters.precision))
        try columns.check()
        let arbiter = try context.arbiter
        let shape = WeightShape(weights: columns.weightCount)
        try await context.federation.send(shape, name: MessageName.weightShape, to: arbiter)
        let key = try await context.receivePublicKey(from: arbiter)
        var weights = try await context.startWeights(columns, rules: rules)
        var model = LinearModel(context.parameters, fitsIntercept: false)
        let batches = plan.batches
        var order = batches.inOrder()
        for epoch in 0..<context.parameters.maximumIterations {
            if plan.shuffles { order = try await receiveOrder(batches, epoch: epoch) }
            for (batch, rows) in order.enumerated() {
                try context.checkCancelled()
                let work = HostBatch(
                    host: self, arbiter: arbiter, key: key, columns: columns, rules: rules, rows: rows,
                    tag: "\(epoch).\(batch)")
                weights = try await work.run(weights, epoch: epoch)
            }
            let end = try await context.federation.receive(
                EpochEnd.self, name: MessageName.epochEnd, tag: "\(epoch)", from: arbiter)
            model.parameters.iterations = epoch + 1
            model.parameters.isConverged = end.stops
            try context.tracking.progress(epoch + 1, of: context.parameters.maximumIterations, "epochs")
            if end.stops { break }
        }
        model.set(weights: weights, header: instances.header)
        return model
    }

    private func receiveOrder(_ batches: Batches, epoch: Int) async throws -> [[Int]] {
        let bytes = try await context.federation.receiveBytes(
            name: MessageName.batchRows, tag: "\(epoch)", from: guest)
        let order = bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map {
                Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
        guard let split = batches.split(order) else {
            throw ComponentError.peer(guest, "its order of rows does not hold each of \(batches.rows) rows once")
        }
        return split
    }
}

/// One batch at a host.
struct HostBatch {
    let host: Host
    let arbiter: Party
    let key: PaillierPublicKey
    let columns: Columns
    let rules: TrainingRules
    let rows: [Int]
    let tag: String

    private var context: LRContext { host.context }

    func run(_ weights: [Double], epoch: Int) async throws -> [Double] {
        let federation = context.federation
        let residual = try federation.expectCiphertexts(
            rows.count, name: MessageName.residual, tag: tag, from: host.guest)
        let step = try federation.expect(name: MessageName.step, tag: tag, from: arbiter)
        let part = columns.scores(rows, weights: weights).map { $0 / 4 }
        let encoded = try diverging { try Columns.forward.plaintexts(part) }
        let forward = try key.encrypt(encoded, on: context.loop)
        try await federation.send(forward, name: MessageName.hostForward, tag: tag, to: host.guest)
        let arrived = try await residual.arrived(key, on: context.loop)
        let sums = try columns.sums(arrived, rows: rows, part: part, key: key, on: context.loop)
        let gradient = try context.penalised(
            sums, weights: weights, columns: columns, rows: rows.count, rules: rules, key: key)
        try await federation.send(gradient.weights, name: MessageName.gradient, tag: tag, to: arbiter)
        try await federation.send(gradient.loss, name: MessageName.hostLoss, tag: tag, to: host.guest)
        return try await context.moved(
            weights, by: step, columns: columns, rules: rules, epoch: epoch, arbiter: arbiter)
    }
}
