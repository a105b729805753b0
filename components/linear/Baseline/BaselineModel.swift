import NornKit

/// What LocalBaseline learned: FATE writes it as the parameters of a logistic regression.
struct BaselineModel: Codable, Sendable {
    struct Meta: Codable, Sendable {
        var modelName: String
        var options: [String: CBOR]
        /// The classes' scores are parts of one softmax.
        var isMultinomial: Bool
        var fitsIntercept: Bool
        var threshold: Double

        enum CodingKeys: String, CodingKey {
            case threshold
            case modelName = "model_name"
            case options = "model_opts"
            case isMultinomial = "multinomial"
            case fitsIntercept = "fit_intercept"
        }
    }

    var meta: Meta
    var parameters: LinearModel.Parameters

    enum CodingKeys: String, CodingKey {
        case meta = "LocalBaselineMeta"
        case parameters = "LocalBaselineParam"
    }
}

extension BaselineModel {
    /// One model, or one a class.
    private var single: [LinearModel.Parameters] {
        parameters.needsOneVsRest ? parameters.completedModels : [parameters]
    }

    func predictions(_ instances: Instances, threshold: Double, stage: String) throws -> [Prediction] {
        let scores = try single.map { single in
            instances.scores(
                0..<instances.rows,
                weights: try single.weights(for: instances.header, fitsIntercept: meta.fitsIntercept))
        }
        return (0..<instances.rows).map { row in
            let own = scores.map { $0[row] }
            let label = instances.labels?[row]
            guard own.count > 1 else {
                return PredictionTable.prediction(
                    own, classes: parameters.classes, threshold: threshold, label: label, stage: stage)
            }
            return PredictionTable.prediction(
                probabilities: probabilities(own), classes: parameters.classes, label: label, stage: stage)
        }
    }

    /// They add up to 1, as scikit-learn's do.
    private func probabilities(_ scores: [Double]) -> [Double] {
        var values = scores
        if meta.isMultinomial {
            let total = SoftmaxLoss.exponentiate(&values).total
            return values.map { $0 / total }
        }
        values = scores.map(PredictionTable.probability)
        let total = values.reduce(0, +)
        return total > 0 ? values.map { $0 / total } : values.map { _ in 1 / Double(values.count) }
    }

    /// Of two classes the weights; of more, those of each class.
    var summary: [String: CBOR] {
        func own(_ model: LinearModel.Parameters) -> [String: CBOR] {
            [
                "coef": .map(model.weights.mapValues(CBOR.double)), "intercept": .double(model.intercept),
                "n_iter": .int(Int64(model.iterations)), "is_converged": .bool(model.isConverged),
            ]
        }
        guard parameters.needsOneVsRest else { return own(parameters).merging(["one_vs_rest": false]) { $1 } }
        let classes = Dictionary(
            zip(parameters.classNames, single.map { CBOR.map(own($0)) }), uniquingKeysWith: { $1 })
        return classes.merging(["one_vs_rest": true]) { $1 }
    }
}
