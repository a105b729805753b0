import NornCrypto
import NornKit
import NornMath

/// What guest and hosts do alike.
extension LRContext {
    func receivePublicKey(from arbiter: Party) async throws -> PaillierPublicKey {
        let modulus = try await federation.receiveBytes(name: MessageName.publicKey, from: arbiter)
        guard modulus.count * 8 == parameters.encryption.keyLength else {
            throw ComponentError.peer(
                arbiter,
                "its key has \(modulus.count * 8) bits where encrypt_param.key_length says "
                    + "\(parameters.encryption.keyLength)")
        }
        do { return try PaillierPublicKey(modulus: modulus) } catch {
            throw ComponentError.peer(arbiter, "its public key is refused: \(error)")
        }
    }

    /// Adds the penalty's gradient and loss, freshly encrypted, so that what leaves is random anew.
    ///
    /// Sums are over a batch's rows and the arbiter divides by their number, so penalties are multiplied by it. The loss
    /// is 2/rows times the sum (and a constant), so its penalty is halved.
    func penalised(
        _ sums: PaillierCiphertexts, weights: [Double], columns: Columns, rows: Int, rules: TrainingRules,
        key: PaillierPublicKey
    ) throws -> (weights: PaillierCiphertexts, loss: PaillierCiphertexts) {
        let coefficients = Array(weights.prefix(columns.instances.columns))
        var added = rules.regularizer.gradient(coefficients).map { $0 * Double(rows) }
        if columns.hasIntercept { added.append(0) }
        added.append(rules.regularizer.loss(coefficients) * Double(rows) / 2)
        let encoded = try diverging { try columns.gradientEncoding.plaintexts(added) }
        let total = try key.adding(encoded, to: sums, on: loop)
        return (total.rows(0..<added.count - 1), total.rows([added.count - 1]))
    }

    /// The weights after the arbiter's step.
    func moved(
        _ weights: [Double], by step: Expectation, columns: Columns, rules: TrainingRules, epoch: Int, arbiter: Party
    ) async throws -> [Double] {
        let step = try await step.value([Double].self)
        guard step.count == weights.count, step.allSatisfy(\.isFinite) else {
            throw ComponentError.peer(arbiter, "its step is not \(weights.count) finite numbers")
        }
        let count = columns.instances.columns
        let coefficients = rules.regularizer.update(
            Array(weights.prefix(count)), step: Array(step.prefix(count)), rate: rules.rate.initial, epoch: epoch)
        return coefficients + (columns.hasIntercept ? [weights[count] - step[count]] : [])
    }

    /// FATE's loss curve.
    func reportLoss(_ loss: Double, epoch: Int) throws {
        try tracking.series(
            "loss", namespace: "train", type: "LOSS", points: [(.int(Int64(epoch)), .double(loss))],
            meta: ["unit_name": "iters"])
    }
}
