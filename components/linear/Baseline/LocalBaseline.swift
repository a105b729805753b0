import NornKit

/// FATE's LocalBaselineParam with its names and defaults.
struct LocalBaselineParameters: ComponentParameters {
    var modelName = "LogisticRegression"
    var options: [String: CBOR]? = nil
    var prediction = PredictionParameters()
    var needRun = true

    enum CodingKeys: String, CodingKey {
        case modelName = "model_name"
        case options = "model_opts"
        case prediction = "predict_param"
        case needRun = "need_run"
    }

    func validate() throws {
        guard modelName == "LogisticRegression" else {
            throw ComponentError.invalid(
                field: "model_name", "\"\(modelName)\" is not LogisticRegression, the only model there is")
        }
        guard 0...1 ~= prediction.threshold else {
            throw ComponentError.invalid(field: "predict_param.threshold", "is not from 0 to 1")
        }
        _ = try BaselineOptions(options ?? [:])
    }
}

/// What the guest could tell by its own columns alone: a logistic regression with the options of scikit-learn's, to
/// compare federated models with (FATE's LocalBaseline). The other parties have nothing to do.
struct LocalBaseline: Component {
    typealias Parameters = LocalBaselineParameters

    static let descriptor = ComponentDescriptor(
        name: "LocalBaseline", roles: [.guest, .host, .arbiter], inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model")])

    func run(_ context: TaskContext<Parameters>) async throws {
        guard context.role == .guest else {
            context.log.info("the baseline is the guest's alone: nothing to do here")
            return
        }
        let stages = Stages(context.inputs, crossValidates: false)
        guard context.parameters.needRun else {
            guard let input = stages.training ?? stages.predictions.first?.input else { return }
            return try await context.outputs.table(try await context.inputs.table(input))
        }
        let model: BaselineModel
        if let input = stages.training {
            let instances = try await context.inputs.table(input).instances()
            try check(instances, field: input)
            model = try fit(instances, context)
            try await context.outputs.model(model)
            try context.tracking.model(ModelView(model.parameters))
            try context.tracking.summary(model.summary)
        } else {
            model = try await context.inputs.model(BaselineModel.self)
        }
        try await predict(stages, with: model, context)
    }

    private func check(_ instances: Instances, field: String) throws {
        guard let labels = instances.labels else {
            throw ComponentError.invalid(field: "label", "the table has no label: set with_label in DataTransform")
        }
        guard instances.rows > 0, labels.allSatisfy(\.isFinite), instances.features.allSatisfy(\.isFinite) else {
            throw ComponentError.invalid(
                field: field, "the table has no rows, or a number that is not finite: fill missing values before")
        }
        if let weights = instances.weights, !weights.allSatisfy({ $0.isFinite && $0 >= 0 }) {
            throw ComponentError.invalid(field: "weight", "a row's weight is negative or no number")
        }
    }

    private func fit(_ instances: Instances, _ context: TaskContext<Parameters>) throws -> BaselineModel {
        let asked = context.parameters
        let options = try BaselineOptions(asked.options ?? [:])
        for name in options.withoutEffect {
            context.log.warning("[WARN] model_opts.\(name) has no effect: there is one result, found in one way")
        }
        let training = try BaselineTraining(instances, options)
        let parameters = try training.run(checkCancelled: context.checkCancelled)
        if !parameters.isConverged {
            context.log.warning("[WARN] max_iter \(options.maximumIterations) iterations are not enough to reach tol")
        }
        return BaselineModel(
            meta: .init(
                modelName: asked.modelName, options: asked.options ?? [:], isMultinomial: training.isMultinomial,
                fitsIntercept: options.fitsIntercept, threshold: asked.prediction.threshold),
            parameters: parameters)
    }

    private func predict(_ stages: Stages, with model: BaselineModel, _ context: TaskContext<Parameters>) async throws {
        let writer = try context.tables.writer()
        var schema = PredictionTable.schema(idName: "id")
        for (stage, input) in stages.predictions {
            let table = try await context.inputs.table(input)
            let instances = try await table.instances()
            schema.idName = table.schema?.idName ?? schema.idName
            let predictions = try model.predictions(
                instances, threshold: context.parameters.prediction.threshold, stage: stage)
            for (id, prediction) in zip(instances.ids, predictions) { try writer.put(id, prediction.row) }
        }
        try await context.outputs.table(try await writer.seal(schema: schema))
    }
}
