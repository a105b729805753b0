import NornKit
import NornMath

/// Which of a task's inputs serve which stage, at one party.
struct Stages {
    let training: String?
    /// stage name ("train", "validate", "predict") and input port, in the order of work
    let predictions: [(stage: String, input: String)]

    init(_ inputs: Inputs) {
        func first(_ names: String...) -> String? { names.first { inputs.has($0) } }
        let training = first("train_data") ?? (inputs.has("model") ? nil : first("data"))
        self.training = training
        if let training {
            let validation = first("validate_data").map { [("validate", $0)] } ?? []
            predictions = [("train", training)] + validation
        } else {
            predictions = first("test_data", "data", "eval_data").map { [("predict", $0)] } ?? []
        }
    }

    /// Hosts follow the guest's plan; their own inputs must allow it.
    func check(_ plan: Plan, from guest: Party) throws {
        guard plan.trains == (training != nil), plan.predictions == predictions.map(\.stage) else {
            throw ComponentError(
                .failedPrecondition,
                "\(guest) has \(plan.predictions.joined(separator: " and ")) data, this party has "
                    + "\(predictions.map(\.stage).joined(separator: " and ")) data: give all parties the same inputs.",
                fault: .user)
        }
    }
}

extension LRContext {
    /// A generator for first weights: of the seed, or unpredictable.
    func initialWeights(_ count: Int, rules: TrainingRules) throws -> [Double] {
        if let seed = parameters.initial.seed {
            var generator = SeededGenerator(seed: seed)
            return rules.initializer.weights(count, using: &generator)
        }
        var generator = try randomNumberGenerator()
        return rules.initializer.weights(count, using: &generator)
    }

    /// The weights to start from: a model's when one comes in (warm start), else new ones.
    func startWeights(_ columns: Columns, rules: TrainingRules) async throws -> [Double] {
        guard inputs.has("model") else { return try initialWeights(columns.weightCount, rules: rules) }
        let model = try await inputs.model(LinearModel.self)
        guard model.meta.fitsIntercept == columns.hasIntercept else {
            throw ComponentError.invalid(
                field: "init_param.fit_intercept", "the model to start from has another choice of intercept")
        }
        return try model.weights(for: columns.instances.header)
    }
}
