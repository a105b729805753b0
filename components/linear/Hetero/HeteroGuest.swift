import NornCrypto
import NornKit
import NornMath

/// The guest's side: has the label, leads.
struct Guest {
    let context: LRContext
    let hosts: [Party]

    init(_ context: LRContext) {
        self.context = context
        hosts = context.parties[.host]
    }

    func run() async throws {
        let stages = Stages(context.inputs)
        guard let input = stages.training else {
            try await tell(Plan(stages))
            let model = try await context.inputs.model(LinearModel.self)
            try await predict(stages, with: model)
            return
        }
        let table = try await context.inputs.table(input)
        let instances = try await table.instances()
        guard instances.rows > 0 else {
            throw ComponentError.invalid(field: input, "the table has no rows: is the intersection empty?")
        }
        let labels = try BinaryLabels(instances)
        guard instances.rows >= HeteroLRParameters.smallestBatch else {
            throw ComponentError.invalid(
                field: input,
                "the table has \(instances.rows) rows: sums over fewer than \(HeteroLRParameters.smallestBatch) would tell "
                    + "the other parties what is in them")
        }
        var plan = Plan(stages)
        plan.rows = instances.rows
        plan.digest = try instances.ids.digest
        plan.batchSize = context.parameters.batchSize == -1 ? nil : context.parameters.batchSize
        let batches = plan.batches
        plan.shuffles = context.parameters.shuffle && batches.count > 1
        try await tell(plan)
        let model = try await train(instances, labels: labels, batches: batches, shuffles: plan.shuffles)
        try await context.finish(model)
        try await predict(stages, with: model)
    }

    private func tell(_ plan: Plan) async throws {
        try await context.federation.send(plan, name: MessageName.plan, to: .host)
        try await context.federation.send(plan.withoutDigest, name: MessageName.plan, to: .arbiter)
    }

    private func train(
        _ instances: Instances, labels: BinaryLabels, batches: Batches, shuffles: Bool
    ) async throws -> LinearModel {
        let rules = try context.parameters.trainingRules()
        let columns = Columns(
            instances: instances, hasIntercept: context.parameters.initial.fitsIntercept,
            feature: FixedPoint(fractionalBits: context.parameters.precision))
        try columns.check()
        let arbiter = try context.arbiter
        let shape = WeightShape(weights: columns.weightCount)
        try await context.federation.send(shape, name: MessageName.weightShape, to: arbiter)
        let key = try await context.receivePublicKey(from: arbiter)
        var weights = try await context.startWeights(columns, rules: rules)
        var model = LinearModel(context.parameters, fitsIntercept: columns.hasIntercept)
        model.parameters.classes = labels.classes
        var order = batches.inOrder()
        for epoch in 0..<context.parameters.maximumIterations {
            if shuffles { order = try await shuffle(batches, epoch: epoch) }
            for (batch, rows) in order.enumerated() {
                try context.checkCancelled()
                let work = GuestBatch(
                    guest: self, arbiter: arbiter, key: key, columns: columns, labels: labels, rules: rules, rows: rows,
                    tag: "\(epoch).\(batch)")
                weights = try await work.run(weights, epoch: epoch)
            }
            let end = try await context.federation.receive(
                EpochEnd.self, name: MessageName.epochEnd, tag: "\(epoch)", from: arbiter)
            if let loss = end.loss {
                model.parameters.lossHistory.append(loss)
                try context.reportLoss(loss, epoch: epoch)
            }
            model.parameters.iterations = epoch + 1
            model.parameters.isConverged = end.stops
            try context.tracking.progress(epoch + 1, of: context.parameters.maximumIterations, "epochs")
            if end.stops { break }
        }
        model.set(weights: weights, header: instances.header)
        return model
    }

    /// Hosts get every epoch's order of rows as little-endian 32-bit numbers.
    private func shuffle(_ batches: Batches, epoch: Int) async throws -> [[Int]] {
        var generator = try context.randomNumberGenerator()
        let order = batches.shuffled(using: &generator)
        let bytes = order.flatMap { $0.map { UInt32($0).littleEndian } }.withUnsafeBytes(Array.init)
        try await context.federation.sendBytes(bytes, name: MessageName.batchRows, tag: "\(epoch)", to: .host)
        return order
    }
}

extension Plan {
    init(_ stages: Stages) {
        self.init(
            trains: stages.training != nil, predictions: stages.predictions.map(\.stage), rows: 0, digest: [],
            batchSize: nil, shuffles: false)
    }
}

/// One batch at the guest.
struct GuestBatch {
    let guest: Guest
    let arbiter: Party
    let key: PaillierPublicKey
    let columns: Columns
    let labels: BinaryLabels
    let rules: TrainingRules
    let rows: [Int]
    let tag: String

    private var context: LRContext { guest.context }

    func run(_ weights: [Double], epoch: Int) async throws -> [Double] {
        let federation = context.federation
        let forwards = try guest.hosts.map {
            try federation.expectCiphertexts(rows.count, name: MessageName.hostForward, tag: tag, from: $0)
        }
        let step = try federation.expect(name: MessageName.step, tag: tag, from: arbiter)
        let scores = columns.scores(rows, weights: weights)
        let part = zip(scores, rows).map { $0 / 4 - labels.signs[$1] / 2 }
        // Freshly encrypted, so that the sum with the hosts' parts is freshly random too.
        let encoded = try diverging { try Columns.forward.plaintexts(part) }
        var residual = try key.encrypt(encoded, on: context.loop)
        for forward in forwards {
            residual = try key.sum(residual, try await forward.arrived(key, on: context.loop), on: context.loop)
        }
        for host in guest.hosts {
            try await federation.send(residual, name: MessageName.residual, tag: tag, to: host)
        }
        let sums = try columns.sums(residual, rows: rows, part: part, key: key, on: context.loop)
        let gradient = try context.penalised(
            sums, weights: weights, columns: columns, rows: rows.count, rules: rules, key: key)
        try await federation.send(gradient.weights, name: MessageName.gradient, tag: tag, to: arbiter)
        try await sendLoss(gradient.loss)
        return try await context.moved(
            weights, by: step, columns: columns, rules: rules, epoch: epoch, arbiter: arbiter)
    }

    private func sendLoss(_ own: PaillierCiphertexts) async throws {
        let expected = try guest.hosts.map {
            try context.federation.expectCiphertexts(1, name: MessageName.hostLoss, tag: tag, from: $0)
        }
        var loss = own
        for part in expected { loss = try key.sum(loss, try await part.arrived(key, on: context.loop)) }
        try await context.federation.send(loss, name: MessageName.loss, tag: tag, to: arbiter)
    }
}

/// The two labels of a table, as -1 and 1.
struct BinaryLabels: Sendable {
    let signs: [Double]
    /// what means no and what yes
    let classes: [Double]

    init(_ instances: Instances) throws {
        guard let labels = instances.labels else {
            throw ComponentError.invalid(
                field: "label", "the guest's table has no label: set with_label in DataTransform")
        }
        let found = Set(labels).sorted()
        let isUsual = found.allSatisfy { $0 == 0 || $0 == 1 }
        guard isUsual || found.count == 2, found.allSatisfy(\.isFinite) else {
            throw ComponentError.invalid(
                field: "label", "it has \(found.count) classes; this version of HeteroLR takes two (0 and 1)")
        }
        let classes = isUsual ? [0, 1] : found
        self.classes = classes
        signs = labels.map { $0 == classes[1] ? 1 : -1 }
    }
}
