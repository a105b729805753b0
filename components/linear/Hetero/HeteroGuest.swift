import NornCrypto
import NornKit
import NornMath

/// The guest's side: has the label, leads.
struct HeteroGuest {
    let task: HeteroTask
    let hosts: [Party]

    init(_ task: HeteroTask) {
        self.task = task
        hosts = task.parties[.host]
    }

    func run() async throws {
        let stages = Stages(task.inputs, crossValidates: task.settings.crossValidation != nil)
        guard let input = stages.training else {
            try await tell(Plan(trains: false, predictions: stages.predictions.map(\.stage)))
            try await predict(stages, with: try await task.linear.givenModel())
            return
        }
        let table = try await task.inputs.table(input)
        let instances = try await table.instances()
        let targets = try Targets(instances, form: task.form, field: input)
        let before = try await task.linear.startModel()
        let plan = try plan(stages, instances, targets, before)
        try await tell(plan)
        let measured = try await measuredRows(stages, plan)
        let fitting = GuestFitting(
            guest: self, plan: plan, arbiter: try task.arbiter, targets: targets,
            key: try await key(instances), before: before)
        if let asked = task.settings.crossValidation {
            try await crossValidate(asked, table: table, instances: instances, fitting: fitting)
            return
        }
        let measuredRows = measured.map { [("train", instances), ("validate", $0)] } ?? [("train", instances)]
        let (model, histories) = try await fitting.fit(
            instances, fold: nil, measured: plan.validates ? measuredRows : [])
        try await task.linear.publish(model)
        try task.tracking.summary(task.linear.summary(model, histories))
        try await predict(stages, with: model)
    }

    private func tell(_ plan: Plan) async throws {
        try await task.federation.send(plan, name: MessageName.plan, to: .host)
        try await task.federation.send(plan.withoutDigest, name: MessageName.plan, to: .arbiter)
    }

    private func plan(
        _ stages: Stages, _ instances: Instances, _ targets: Targets, _ before: LinearModel?
    ) throws -> Plan {
        let settings = task.settings
        var plan = Plan(trains: true, predictions: stages.predictions.map(\.stage))
        plan.rows = instances.rows
        plan.digest = try instances.ids.digest
        plan.batchSize = settings.batchSize
        plan.strategy = settings.strategy
        plan.models = targets.models
        plan.folds = settings.crossValidation?.splits ?? 0
        plan.isWeighted = instances.weights != nil
        plan.validates = settings.validation.isActive
        plan.firstEpochs = before?.single.map(\.iterations) ?? [Int](repeating: 0, count: targets.models)
        guard plan.firstEpochs.count == targets.models else {
            throw ComponentError.invalid(
                field: "model",
                "the model to start from tells \(plan.firstEpochs.count) classes, the rows have \(targets.models)")
        }
        if settings.validation.rounds != nil, plan.folds == 0, !task.inputs.has("validate_data") {
            throw ComponentError.invalid(
                field: "early_stopping_rounds", "stopping by validation needs an input validate_data")
        }
        return plan
    }

    private func key(_ instances: Instances) async throws -> PaillierPublicKey {
        let weights = instances.columns + (task.hasIntercept ? 1 : 0)
        try await task.federation.send(
            WeightShape(weights: weights), name: MessageName.weightShape, to: try task.arbiter)
        return try await task.receivePublicKey()
    }

    /// The rows on which the model is measured while it trains, besides those that it is trained on.
    private func measuredRows(_ stages: Stages, _ plan: Plan) async throws -> Instances? {
        guard plan.validates, plan.folds == 0, task.inputs.has("validate_data") else { return nil }
        let instances = try await task.inputs.table("validate_data").instances()
        try await agree(on: instances, tag: "validation")
        return instances
    }

    /// Tells the hosts which rows their scores are asked for.
    func agree(on instances: Instances, tag: String) async throws {
        let rows = PredictionRows(rows: instances.rows, digest: try instances.ids.digest)
        try await task.federation.send(rows, name: MessageName.predictionIDs, tag: tag, to: .host)
    }
}

/// How the guest fits all models of one set of rows.
struct GuestFitting {
    let guest: HeteroGuest
    let plan: Plan
    let arbiter: Party
    let targets: Targets
    let key: PaillierPublicKey
    /// the model to start from
    let before: LinearModel?

    private var task: HeteroTask { guest.task }

    /// - Parameter measured: the rows on which the models are measured while they train
    func fit(
        _ instances: Instances, fold: Int?, measured: [(stage: String, instances: Instances)]
    ) async throws -> (model: LinearModel, histories: [ValidationHistory]) {
        let columns = try task.columns(instances, isWeighted: plan.isWeighted)
        var fitted: [LinearModel.Parameters] = []
        var histories: [ValidationHistory] = []
        for scope in plan.scopes where scope.fold == fold {
            let watch = GuestValidation(
                task: task, hosts: guest.hosts, scope: scope, measured: measured, yes: targets.yes(scope.model))
            let side = GuestSide(
                task: task, hosts: guest.hosts, scope: scope, arbiter: arbiter, key: key, columns: columns,
                classes: scope.model == nil ? targets.classes : [],
                targets: targets.values(instances, model: scope.model),
                rowWeights: try scaledWeights(instances), watch: measured.isEmpty ? nil : watch)
            let fit = DataFit(task: task, side: side, scope: scope, arbiter: arbiter, key: key, columns: columns)
            let (model, history) = try await fit.run(
                try task.startWeights(columns, from: before, scope: scope), firstEpoch: plan.firstEpoch(scope))
            fitted.append(model)
            histories.append(history)
        }
        var model = LinearModel(task.settings, fitsIntercept: columns.hasIntercept)
        model.set(fitted, classes: targets.classes)
        return (model, histories)
    }

    /// FATE scales the rows' weights so that they add up to the number of rows.
    private func scaledWeights(_ instances: Instances) throws -> [Double]? {
        guard let weights = instances.weights else { return nil }
        let total = weights.reduce(0, +)
        guard weights.allSatisfy({ $0.isFinite && $0 >= 0 }), total > 0 else {
            throw ComponentError.invalid(
                field: "weight", "a row's weight is negative or no number, or all are 0: set SampleWeight anew")
        }
        return weights.map { $0 * Double(instances.rows) / total }
    }
}
