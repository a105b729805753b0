import NornCrypto
import NornKit
import NornMath

/// A host in a fit: never sees a label or a loss.
struct HostSide: FitSide {
    let task: HeteroTask
    let guest: Party
    let scope: FitScope
    let arbiter: Party
    let key: PaillierPublicKey
    let columns: Columns
    /// the rows on which the guest measures the model, "train" and "validate"
    let measured: [(stage: String, instances: Instances)]

    var classes: [Double] { [] }

    func order(_ epoch: Int) async throws -> [[Int]] {
        let batches = task.batches(columns.rows)
        let tag = scope.tag("\(epoch)")
        if task.settings.strategy == .random, batches.rows < columns.rows {
            let drawn = try await task.linear.receiveRows(name: MessageName.batchRows, tag: tag, from: guest)
            return [try distinct(drawn, count: batches.rows, of: 0..<columns.rows)]
        }
        guard task.settings.strategy == .shuffled, batches.count > 1 else { return batches.inOrder() }
        let order = try await task.linear.receiveRows(name: MessageName.batchRows, tag: tag, from: guest)
        guard let split = batches.split(order) else {
            throw ComponentError.peer(guest, "its order of rows does not hold each of \(batches.rows) rows once")
        }
        return split
    }

    func hessianRows(_ batch: [Int], count: Int, tag: String) async throws -> [Int] {
        guard count < batch.count else { return batch }
        let sample = try await task.linear.receiveRows(name: MessageName.hessianRows, tag: tag, from: guest)
        return try distinct(sample, count: count, of: Set(batch))
    }

    /// A row drawn twice, or too few of them, would make sums that tell what is in a row.
    private func distinct(_ drawn: [Int], count: Int, of rows: some Collection<Int>) throws -> [Int] {
        let chosen = Set(drawn)
        guard drawn.count == count, chosen.count == count, chosen.isSubset(of: rows) else {
            throw ComponentError.peer(guest, "the rows that it drew are not \(count) different rows")
        }
        return drawn
    }

    func residual(
        _ rows: [Int], weights: [Double], isHessian: Bool, tag: String
    ) async throws -> (sum: PaillierCiphertexts, part: [Double]) {
        let residual = try task.federation.expectCiphertexts(
            rows.count, name: MessageName.residual, tag: tag, from: guest)
        let part = columns.scores(rows, weights: weights).map { $0 * task.form.forward }
        let encoded = try diverging { try Columns.forward.plaintexts(part) }
        let forward = try key.encrypt(encoded, on: task.loop)
        try await task.federation.send(forward, name: MessageName.hostForward, tag: tag, to: guest)
        return (try await residual.arrived(key, on: task.loop), part)
    }

    func send(loss: PaillierCiphertexts, rows: [Int], tag: String) async throws {
        try await task.federation.send(loss, name: MessageName.hostLoss, tag: tag, to: guest)
    }

    func note(_ loss: Double?, epoch: Int) throws {}

    func validated(
        _ weights: [Double], epoch: Int, memory: inout ValidationMemory
    ) async throws -> ValidationStatus {
        for (stage, instances) in measured {
            let scores = instances.scores(0..<instances.rows, weights: weights)
            try await task.linear.send(
                scores: scores, name: MessageName.hostScore, tag: scope.tag("\(stage).\(epoch)"), to: guest)
        }
        guard task.settings.validation.rounds != nil else { return ValidationStatus(improved: []) }
        return try await task.federation.receive(
            ValidationStatus.self, name: MessageName.validationStatus, tag: scope.tag("\(epoch)"), from: guest)
    }
}
