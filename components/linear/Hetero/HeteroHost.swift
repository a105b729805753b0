import NornCrypto
import NornKit
import NornMath

/// A host's side: has columns, sees no label.
struct HeteroHost {
    let task: HeteroTask
    let guest: Party

    init(_ task: HeteroTask, guest: Party) {
        self.task = task
        self.guest = guest
    }

    func run() async throws {
        let stages = Stages(task.inputs, crossValidates: task.settings.crossValidation != nil)
        let plan = try await task.federation.receive(Plan.self, name: MessageName.plan, from: guest)
        try stages.check(plan, from: guest)
        guard let input = stages.training else {
            try await predict(stages, with: try await task.linear.givenModel())
            return
        }
        let table = try await task.inputs.table(input)
        let instances = try await table.instances()
        let expected = PredictionRows(rows: plan.rows, digest: plan.digest)
        try check(instances, are: expected, field: input)
        try plan.check(task.settings, from: guest)
        let measured = try await measuredRows(plan)
        let fitting = HostFitting(
            host: self, plan: plan, arbiter: try task.arbiter, key: try await key(instances),
            before: try await task.linear.startModel())
        if let asked = task.settings.crossValidation {
            try await crossValidate(asked, table: table, instances: instances, fitting: fitting)
            return
        }
        let measuredRows = measured.map { [("train", instances), ("validate", $0)] } ?? [("train", instances)]
        let model = try await fitting.fit(instances, fold: nil, measured: plan.validates ? measuredRows : [])
        try await task.linear.publish(model)
        try task.tracking.summary(task.linear.summary(model, []))
        try await predict(stages, with: model)
    }

    func check(_ instances: Instances, are asked: PredictionRows, field: String) throws {
        guard instances.rows == asked.rows, try instances.ids.digest == asked.digest else {
            throw ComponentError.invalid(
                field: field,
                "its ids (\(instances.rows) rows) are not those of \(guest) (\(asked.rows) rows): put Intersection before"
            )
        }
    }

    private func key(_ instances: Instances) async throws -> PaillierPublicKey {
        try await task.federation.send(
            WeightShape(weights: instances.columns), name: MessageName.weightShape, to: try task.arbiter)
        return try await task.receivePublicKey()
    }

    private func measuredRows(_ plan: Plan) async throws -> Instances? {
        guard plan.validates == task.settings.validation.isActive else {
            throw ComponentError.peer(
                guest, "it measures the model while it trains where this party's parameters do not, or the other way")
        }
        guard plan.validates, plan.folds == 0, task.inputs.has("validate_data") else { return nil }
        let instances = try await task.inputs.table("validate_data").instances()
        let asked = try await task.federation.receive(
            PredictionRows.self, name: MessageName.predictionIDs, tag: "validation", from: guest)
        try check(instances, are: asked, field: "validate_data")
        return instances
    }
}

/// How a host fits its part of all models of one set of rows.
struct HostFitting {
    let host: HeteroHost
    let plan: Plan
    let arbiter: Party
    let key: PaillierPublicKey
    let before: LinearModel?

    private var task: HeteroTask { host.task }

    func fit(
        _ instances: Instances, fold: Int?, measured: [(stage: String, instances: Instances)]
    ) async throws -> LinearModel {
        let columns = try task.columns(instances, isWeighted: plan.isWeighted)
        var fitted: [LinearModel.Parameters] = []
        for scope in plan.scopes where scope.fold == fold {
            let side = HostSide(
                task: task, guest: host.guest, scope: scope, arbiter: arbiter, key: key, columns: columns,
                measured: measured)
            let fit = DataFit(task: task, side: side, scope: scope, arbiter: arbiter, key: key, columns: columns)
            fitted.append(
                try await fit.run(
                    try task.startWeights(columns, from: before, scope: scope), firstEpoch: plan.firstEpoch(scope)
                ).model)
        }
        var model = LinearModel(task.settings, fitsIntercept: false)
        model.set(fitted, classes: [])
        return model
    }
}
