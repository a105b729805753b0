import NornCrypto
import NornKit
import NornMath

/// The arbiter's side: has the key and the optimizer; sees gradients and the loss, never weights, rows or labels.
struct HeteroArbiter {
    let task: HeteroTask
    let guest: Party
    /// hosts in the job's order, then the guest
    let owners: [Party]

    init(_ task: HeteroTask, guest: Party) {
        self.task = task
        self.guest = guest
        owners = task.parties[.host] + [guest]
    }

    func run() async throws {
        let plan = try await task.federation.receive(Plan.self, name: MessageName.plan, from: guest)
        guard plan.trains else { return }
        try plan.check(task.settings, from: guest)
        if task.keyBits < PaillierPublicKey.recommendedBits {
            task.log.warning(
                "[WARN] encrypt_param.key_length is \(task.keyBits): such keys can be broken; take "
                    + "\(PaillierPublicKey.recommendedBits).")
        }
        let secret = try PaillierPrivateKey(bits: task.keyBits)
        for owner in owners {
            try await task.federation.sendBytes(secret.modulus, name: MessageName.publicKey, to: owner)
        }
        let shapes = try await receiveShapes()
        let checker = try PaillierPublicKey(modulus: secret.modulus, encrypts: false)
        var fitted: [LinearModel.Parameters] = []
        for scope in plan.scopes {
            var rows = plan.rows
            if let fold = scope.fold {
                rows = try await task.federation.receive(
                    FitSize.self, name: MessageName.fitSize, tag: "f\(fold).\(scope.model ?? 0)", from: guest
                ).rows
                try check(foldRows: rows, of: plan)
            }
            let fit = ArbiterFit(
                task: task, owners: owners, guest: guest, shapes: shapes, secret: secret, checker: checker,
                scope: scope, batches: task.batches(rows), isWeighted: plan.isWeighted)
            fitted.append(try await fit.run(firstEpoch: plan.firstEpoch(scope)))
        }
        guard plan.folds == 0 else { return }
        var model = LinearModel(task.settings, fitsIntercept: task.settings.initial.fitsIntercept)
        model.set(fitted, classes: [])
        try await task.linear.publish(model)
        try task.tracking.summary(task.linear.summary(model, []))
    }

    /// Hosts know how many rows a fold has; the arbiter only that all but a fair share are trained on.
    private func check(foldRows rows: Int, of plan: Plan) throws {
        let largest = plan.rows - plan.rows / plan.folds
        guard ParameterLimits.smallestBatch...max(ParameterLimits.smallestBatch, largest) ~= rows else {
            throw ComponentError.peer(guest, "a fold of \(plan.rows) rows in \(plan.folds) trains on \(rows)")
        }
    }

    private func receiveShapes() async throws -> [Int] {
        var counts: [Int] = []
        for owner in owners {
            let shape = try await task.federation.receive(
                WeightShape.self, name: MessageName.weightShape, from: owner)
            guard 0...WeightShape.mostWeights ~= shape.weights else {
                throw ComponentError.peer(
                    owner, "it has \(shape.weights) weights; at most \(WeightShape.mostWeights) are possible")
            }
            counts.append(shape.weights)
        }
        return counts
    }
}
