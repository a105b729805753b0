import NornCrypto
import NornKit
import NornMath

/// The guest in a fit: adds up residuals, knows the label, and measures the model.
struct GuestSide: FitSide {
    let task: HeteroTask
    let hosts: [Party]
    let scope: FitScope
    let arbiter: Party
    let key: PaillierPublicKey
    let columns: Columns
    let classes: [Double]
    /// y of each row
    let targets: [Double]
    /// of each row, scaled so that they add up to the number of rows; nil: all alike
    let rowWeights: [Double]?
    let watch: GuestValidation?

    private var form: LossForm { task.form }

    func order(_ epoch: Int) async throws -> [[Int]] {
        let batches = task.batches(columns.rows)
        let tag = scope.tag("\(epoch)")
        if task.settings.strategy == .random, batches.rows < columns.rows {
            var generator = try task.randomNumbers()
            let drawn = Array((0..<columns.rows).shuffled(using: &generator).prefix(batches.rows))
            try await task.linear.sendRows(drawn, name: MessageName.batchRows, tag: tag, to: .host)
            return [drawn]
        }
        guard task.settings.strategy == .shuffled, batches.count > 1 else { return batches.inOrder() }
        var generator = try task.randomNumbers()
        let order = batches.shuffled(using: &generator)
        try await task.linear.sendRows(order.flatMap { $0 }, name: MessageName.batchRows, tag: tag, to: .host)
        return order
    }

    func hessianRows(_ batch: [Int], count: Int, tag: String) async throws -> [Int] {
        guard count < batch.count, case .quasiNewton(let asked) = task.settings.rules.method else { return batch }
        let sample: [Int]
        if let seed = asked.seed {
            var generator = SeededGenerator(seed: seed)
            sample = Array(batch.shuffled(using: &generator).prefix(count))
        } else {
            var generator = try task.randomNumbers()
            sample = Array(batch.shuffled(using: &generator).prefix(count))
        }
        try await task.linear.sendRows(sample, name: MessageName.hessianRows, tag: tag, to: .host)
        return sample
    }

    func residual(
        _ rows: [Int], weights: [Double], isHessian: Bool, tag: String
    ) async throws -> (sum: PaillierCiphertexts, part: [Double]) {
        let forwards = try hosts.map {
            try task.federation.expectCiphertexts(rows.count, name: MessageName.hostForward, tag: tag, from: $0)
        }
        let scores = columns.scores(rows, weights: weights)
        let part = zip(scores, rows).map { score, row in
            form.forward * score - (isHessian ? 0 : form.target * targets[row])
        }
        // Freshly encrypted, so that the sum with the hosts' parts is freshly random too.
        let encoded = try diverging { try Columns.forward.plaintexts(part) }
        var residual = try key.encrypt(encoded, on: task.loop)
        for forward in forwards {
            residual = try key.sum(residual, try await forward.arrived(key, on: task.loop), on: task.loop)
        }
        if let rowWeights {
            let scalars = try Columns.rowWeight.scalars(rows.map { rowWeights[$0] })
            residual = try key.rerandomised(
                try key.scaled(residual, by: scalars, on: task.loop), on: task.loop)
        }
        for host in hosts {
            try await task.federation.send(residual, name: MessageName.residual, tag: tag, to: host)
        }
        return (residual, part)
    }

    func send(loss own: PaillierCiphertexts, rows: [Int], tag: String) async throws {
        let expected = try hosts.map {
            try task.federation.expectCiphertexts(1, name: MessageName.hostLoss, tag: tag, from: $0)
        }
        let total = rowWeights.map { weights in rows.reduce(0) { $0 + weights[$1] } } ?? Double(rows.count)
        let constant = try columns.gradientEncoding.plaintexts([form.constant * total / form.square])
        var loss = try key.adding(constant, to: own, on: task.loop)
        for part in expected { loss = try key.sum(loss, try await part.arrived(key, on: task.loop)) }
        try await task.federation.send(loss, name: MessageName.loss, tag: tag, to: arbiter)
    }

    func note(_ loss: Double?, epoch: Int) throws {
        if let loss { try task.linear.reportLoss(loss, epoch: epoch, scope: scope) }
    }

    func validated(
        _ weights: [Double], epoch: Int, memory: inout ValidationMemory
    ) async throws -> ValidationStatus {
        guard let watch else { return ValidationStatus(improved: []) }
        return try await watch.measure(weights, epoch: epoch, memory: &memory)
    }
}
