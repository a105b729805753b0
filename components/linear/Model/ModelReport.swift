import NornKit

/// What people see of a model at its own party: FATE's LRModelParam as its JSON names the fields.
struct ModelView: Encodable, Sendable {
    struct OneVsRest: Encodable, Sendable {
        var completedModels: [ModelView]
        var oneVsRestClasses: [String]
    }

    var iters: Int
    var lossHistory: [Double]
    var isConverged: Bool
    var weight: [String: Double]
    var intercept: Double
    var header: [String]
    var oneVsRestResult: OneVsRest?
    var needOneVsRest: Bool
    var bestIteration: Int

    init(_ model: LinearModel.Parameters) {
        iters = model.iterations
        lossHistory = model.lossHistory
        isConverged = model.isConverged
        weight = model.weights
        intercept = model.intercept
        header = model.header
        needOneVsRest = model.needsOneVsRest
        bestIteration = model.bestIteration
        if model.needsOneVsRest {
            let names = model.classes.isEmpty ? model.completedModels.indices.map { "\($0)" } : model.classNames
            oneVsRestResult = OneVsRest(
                completedModels: model.completedModels.map(ModelView.init), oneVsRestClasses: names)
        }
    }
}

/// FATE's LRModelMeta as its JSON names the fields.
struct ModelMetaView: Encodable, Sendable {
    struct Threshold: Encodable, Sendable { var threshold: Double }

    var penalty: String
    var tol: Double
    var alpha: Double
    var optimizer: String
    var batchSize: Int
    var learningRate: Double
    var maxIter: Int
    var earlyStop: String
    var fitIntercept: Bool
    var needOneVsRest: Bool
    var predictParam: Threshold
    var module: String

    init(_ meta: LinearModel.Meta) {
        penalty = meta.penalty
        tol = meta.tolerance
        alpha = meta.alpha
        optimizer = meta.optimizer
        batchSize = meta.batchSize
        learningRate = meta.learningRate
        maxIter = meta.maximumIterations
        earlyStop = meta.earlyStop
        fitIntercept = meta.fitsIntercept
        needOneVsRest = meta.needsOneVsRest
        predictParam = Threshold(threshold: meta.threshold)
        module = meta.module
    }
}

extension LinearModel.Parameters {
    var classNames: [String] { classes.map(className) }
}

/// A label as people write it: whole numbers without a point.
func className(_ label: Double) -> String { Int64(exactly: label).map { "\($0)" } ?? "\(label)" }

/// What measuring a model in training gave: for every namespace the metrics' values, one for each time.
typealias ValidationHistory = [String: [String: [Double]]]

extension LinearTask {
    /// Hands out the model and its views.
    func publish(_ model: LinearModel) async throws {
        try await outputs.model(model)
        try tracking.model(ModelView(model.parameters))
        try tracking.model(ModelMetaView(model.meta), name: "meta")
    }

    /// FATE's summary of a fit: of the one model, or of one a class.
    func summary(_ model: LinearModel, _ histories: [ValidationHistory]) -> [String: CBOR] {
        let fitted = model.single
        guard model.parameters.needsOneVsRest else { return summary(fitted[0], histories.first ?? [:], isOne: false) }
        let names = model.parameters.classes.isEmpty ? fitted.indices.map { "\($0)" } : model.parameters.classNames
        var all: [String: CBOR] = [:]
        for (place, name) in names.enumerated() {
            let history = histories.indices.contains(place) ? histories[place] : [:]
            all[name] = .map(summary(fitted[place], history, isOne: true))
        }
        return all
    }

    private func summary(
        _ trained: LinearModel.Parameters, _ history: ValidationHistory, isOne: Bool
    ) -> [String: CBOR] {
        var summary: [String: CBOR] = [
            "is_converged": .bool(trained.isConverged), "one_vs_rest": .bool(isOne),
            "best_iteration": .int(Int64(trained.bestIteration)),
        ]
        if party.role != .arbiter { summary["coef"] = .map(trained.weights.mapValues(CBOR.double)) }
        if hasIntercept { summary["intercept"] = .double(trained.intercept) }
        if !trained.lossHistory.isEmpty { summary["loss_history"] = .array(trained.lossHistory.map(CBOR.double)) }
        if !history.isEmpty {
            summary["validation_metrics"] = .map(
                history.mapValues { .map($0.mapValues { .array($0.map(CBOR.double)) }) })
        }
        return summary
    }
}
