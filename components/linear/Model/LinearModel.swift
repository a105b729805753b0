import NornKit

/// A party's half of a trained model, with the field names of FATE's LRModelMeta and LRModelParam.
struct LinearModel: Codable, Sendable {
    var meta: Meta
    var parameters: Parameters

    enum CodingKeys: String, CodingKey {
        case meta = "HeteroLogisticRegressionMeta"
        case parameters = "HeteroLogisticRegressionParam"
    }

    struct Meta: Codable, Sendable {
        var penalty: String
        var tolerance: Double
        var alpha: Double
        var optimizer: String
        var batchSize: Int
        var learningRate: Double
        var maximumIterations: Int
        var earlyStop: String
        var fitsIntercept: Bool
        var needsOneVsRest = false
        var threshold: Double
        var module = "HeteroLR"

        enum CodingKeys: String, CodingKey {
            case penalty, alpha, optimizer, module
            case tolerance = "tol"
            case batchSize = "batch_size"
            case learningRate = "learning_rate"
            case maximumIterations = "max_iter"
            case earlyStop = "early_stop"
            case fitsIntercept = "fit_intercept"
            case needsOneVsRest = "need_one_vs_rest"
            case threshold
        }
    }

    struct Parameters: Codable, Sendable {
        var iterations = 0
        var lossHistory: [Double] = []
        var isConverged = false
        var weights: [String: Double] = [:]
        var intercept = 0.0
        var header: [String] = []
        var bestIteration = -1
        var needsOneVsRest = false
        /// At the guest: the labels that mean no and yes.
        var classes: [Double] = []

        enum CodingKeys: String, CodingKey {
            case intercept, header, classes
            case iterations = "iters"
            case lossHistory = "loss_history"
            case isConverged = "is_converged"
            case weights = "weight"
            case bestIteration = "best_iteration"
            case needsOneVsRest = "need_one_vs_rest"
        }
    }
}

extension LinearModel {
    init(_ asked: HeteroLRParameters, fitsIntercept: Bool) {
        meta = Meta(
            penalty: asked.penalty ?? "None", tolerance: asked.tolerance, alpha: asked.alpha,
            optimizer: asked.optimizer,
            batchSize: asked.batchSize, learningRate: asked.learningRate, maximumIterations: asked.maximumIterations,
            earlyStop: asked.earlyStop, fitsIntercept: fitsIntercept, threshold: asked.prediction.threshold)
        parameters = Parameters()
    }

    mutating func set(weights: [Double], header: [String]) {
        parameters.header = header
        parameters.weights = Dictionary(zip(header, weights), uniquingKeysWith: { $1 })
        parameters.intercept = meta.fitsIntercept ? weights[header.count] : 0
    }

    /// Weights in the order of a table's columns, the intercept last where there is one.
    func weights(for header: [String]) throws -> [Double] {
        guard Set(header) == Set(parameters.header) else {
            let missing = parameters.header.first { !header.contains($0) }
            let unknown = header.first { !parameters.header.contains($0) }
            throw ComponentError.invalid(
                field: missing ?? unknown ?? "model",
                missing == nil
                    ? "the model does not know this column" : "the model needs this column; the table has none")
        }
        return header.map { parameters.weights[$0] ?? 0 } + (meta.fitsIntercept ? [parameters.intercept] : [])
    }
}

/// What people see of a model at its own party.
struct ModelView: Codable, Sendable {
    var weight: [String: Double]
    var intercept: Double?
    var iterations: Int
    var isConverged: Bool
    var lossHistory: [Double]

    enum CodingKeys: String, CodingKey {
        case weight, intercept
        case iterations = "iters"
        case isConverged = "is_converged"
        case lossHistory = "loss_history"
    }
}

extension LRContext {
    /// Hands out the model, its view and the summary.
    func finish(_ model: LinearModel) async throws {
        let trained = model.parameters
        try await outputs.model(model)
        try tracking.model(
            ModelView(
                weight: trained.weights, intercept: role == .guest ? trained.intercept : nil,
                iterations: trained.iterations, isConverged: trained.isConverged, lossHistory: trained.lossHistory))
        var summary: [String: CBOR] = [
            "is_converged": .bool(trained.isConverged), "one_vs_rest": false,
            "best_iteration": .int(Int64(trained.bestIteration)),
        ]
        if role != .arbiter { summary["coef"] = .map(trained.weights.mapValues(CBOR.double)) }
        if role == .guest { summary["intercept"] = .double(trained.intercept) }
        if role != .host { summary["loss_history"] = .array(trained.lossHistory.map(CBOR.double)) }
        try tracking.summary(summary)
    }
}
