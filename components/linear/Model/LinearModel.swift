import NornKit

/// A party's half of a trained model, with the field names of FATE's LRModelMeta and LRModelParam.
struct LinearModel: Sendable {
    var meta: Meta
    var parameters: Parameters

    struct Meta: Codable, Sendable {
        var module: String
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

        enum CodingKeys: String, CodingKey {
            case penalty, alpha, optimizer, module, threshold
            case tolerance = "tol"
            case batchSize = "batch_size"
            case learningRate = "learning_rate"
            case maximumIterations = "max_iter"
            case earlyStop = "early_stop"
            case fitsIntercept = "fit_intercept"
            case needsOneVsRest = "need_one_vs_rest"
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
        /// At parties with labels: the two labels that mean no and yes, or every class of one-vs-rest.
        var classes: [Double] = []
        /// One-vs-rest: a model a class, in the classes' order.
        var completedModels: [Parameters] = []

        enum CodingKeys: String, CodingKey {
            case intercept, header, classes
            case iterations = "iters"
            case lossHistory = "loss_history"
            case isConverged = "is_converged"
            case weights = "weight"
            case bestIteration = "best_iteration"
            case needsOneVsRest = "need_one_vs_rest"
            case completedModels = "completed_models"
        }
    }
}

extension LinearModel {
    /// A model without weights yet.
    init(_ settings: TrainingSettings, fitsIntercept: Bool) {
        meta = settings.meta
        meta.fitsIntercept = fitsIntercept
        parameters = Parameters()
    }

    /// One model, or one a class.
    var single: [Parameters] { parameters.needsOneVsRest ? parameters.completedModels : [parameters] }

    /// Takes the models of a fit: one, or one a class.
    mutating func set(_ fitted: [Parameters], classes: [Double]) {
        if fitted.count == 1 {
            parameters = fitted[0]
        } else {
            meta.needsOneVsRest = true
            parameters = Parameters()
            parameters.needsOneVsRest = true
            parameters.header = fitted.first?.header ?? []
            parameters.iterations = fitted.map(\.iterations).max() ?? 0
            parameters.isConverged = fitted.allSatisfy(\.isConverged)
            parameters.completedModels = fitted
        }
        parameters.classes = classes
    }
}

extension LinearModel.Parameters {
    /// - Parameter weights: in the header's order, the intercept last where there is one
    mutating func set(weights: [Double], header: [String]) {
        self.header = header
        self.weights = Dictionary(zip(header, weights), uniquingKeysWith: { $1 })
        intercept = weights.count > header.count ? weights[header.count] : 0
    }

    /// Weights in the order of a table's columns, the intercept last where there is one.
    func weights(for header: [String], fitsIntercept: Bool) throws -> [Double] {
        guard Set(header) == Set(self.header) else {
            let missing = self.header.first { !header.contains($0) }
            let unknown = header.first { !self.header.contains($0) }
            throw ComponentError.invalid(
                field: missing ?? unknown ?? "model",
                missing == nil
                    ? "the model does not know this column" : "the model needs this column; the table has none")
        }
        return header.map { weights[$0] ?? 0 } + (fitsIntercept ? [intercept] : [])
    }
}

extension LinearModel: Codable {
    /// FATE's names of the two messages of a module's model.
    private static let names = [
        "HeteroLR": "HeteroLogisticRegression", "HeteroLinR": "HeteroLinearRegression",
        "HomoLR": "HomoLogisticRegression",
    ]

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        let name = Self.names[meta.module] ?? meta.module
        try container.encode(meta, forKey: Name(stringValue: name + "Meta"))
        try container.encode(parameters, forKey: Name(stringValue: name + "Param"))
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        for name in Self.names.values {
            guard container.contains(Name(stringValue: name + "Meta")) else { continue }
            meta = try container.decode(Meta.self, forKey: Name(stringValue: name + "Meta"))
            parameters = try container.decode(Parameters.self, forKey: Name(stringValue: name + "Param"))
            return
        }
        throw ComponentError(
            .failedPrecondition, field: "model", "this is the model of no linear component", fault: .user)
    }
}
