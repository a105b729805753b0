import NornKit

/// Which of a task's inputs serve which stage, at one party.
struct Stages {
    let training: String?
    /// stage name ("train", "validate", "predict") and input port, in the order of work: a row that is among both kept
    /// the last prediction of it, which is that of training, as in FATE
    let predictions: [(stage: String, input: String)]

    /// - Parameter crossValidates: predictions are those of the folds
    init(_ inputs: Inputs, crossValidates: Bool) {
        func first(_ names: String...) -> String? { names.first { inputs.has($0) } }
        let training = first("train_data") ?? (inputs.has("model") ? nil : first("data"))
        self.training = training
        if let training {
            let validation = first("validate_data").map { [("validate", $0)] } ?? []
            predictions = crossValidates ? [] : validation + [("train", training)]
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
