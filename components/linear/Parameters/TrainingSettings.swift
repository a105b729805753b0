import NornKit
import NornMath

/// A linear model's parameters as what they choose: what training works with, whichever component it is of.
struct TrainingSettings: Sendable {
    var module: String
    var rules: TrainingRules
    var tolerance: Double
    var initial: InitialWeights
    var maximumIterations: Int
    /// rows of a batch; nil: all
    var batchSize: Int?
    var strategy: BatchStrategy
    var threshold: Double
    /// nil: none
    var crossValidation: CrossValidation?
    var validation: ValidationSettings
    /// epochs from one checkpoint to the next; nil: none
    var checkpointEvery: Int?
    var meta: LinearModel.Meta
}

extension TrainingSettings {
    /// A model on several parties' rows, not columns.
    var isOfRows: Bool { module == HomoLRParameters.module }
}

struct TrainingRules: Sendable {
    let method: TrainingMethod
    let rate: LearningRate
    let regularizer: Regularizer
    let stop: ConvergenceRule
    let initializer: WeightInitializer
}

/// When a model in training is measured, by what, and whether that ends training.
struct ValidationSettings: Sendable {
    enum Frequency: Sendable {
        case never
        case every(Int)
        /// epochs from 0
        case at(Set<Int>)
    }

    var frequency: Frequency
    /// measurements without a better value after which training ends; nil: it does not
    var rounds: Int?
    /// names as in ``MetricNames``; empty: the kind's usual ones
    var metrics: [String]
    var usesFirstMetricOnly: Bool

    func isDue(_ epoch: Int) -> Bool {
        switch frequency {
        case .never: false
        case .every(let epochs): (epoch + 1) % epochs == 0
        case .at(let epochs): epochs.contains(epoch)
        }
    }

    var isActive: Bool { if case .never = frequency { false } else { true } }
}

extension LinearParameters {
    func settings() throws -> TrainingSettings {
        let method = try method
        let callbacks = callback.callbacks ?? []
        return TrainingSettings(
            module: Self.module, rules: try rules(method), tolerance: tolerance, initial: initial,
            maximumIterations: maximumIterations, batchSize: batchSize == -1 ? nil : batchSize,
            strategy: try strategy, threshold: threshold,
            crossValidation: crossValidation.isNeeded ? crossValidation : nil, validation: try validationSettings(),
            checkpointEvery: callbacks.contains("ModelCheckpoint") ? max(1, callback.saveFrequency) : nil,
            meta: LinearModel.Meta(
                module: Self.module, penalty: penalty ?? "None", tolerance: tolerance, alpha: alpha,
                optimizer: optimizer, batchSize: batchSize, learningRate: learningRate,
                maximumIterations: maximumIterations, earlyStop: earlyStop, fitsIntercept: initial.fitsIntercept,
                threshold: threshold))
    }

    private func rules(_ method: TrainingMethod) throws -> TrainingRules {
        guard let penalty = Penalty(rawValue: (penalty ?? "none").lowercased()) else {
            throw ComponentError.invalid(field: "penalty", "\(penalty ?? "") is none of L1, L2, None")
        }
        guard let rule = ConvergenceRule(rawValue: earlyStop.lowercased()) else {
            throw ComponentError.invalid(field: "early_stop", "\(earlyStop) is none of diff, abs, weight_diff")
        }
        return TrainingRules(
            method: method, rate: LearningRate(learningRate, decay: decay, usesSquareRoot: decaySqrt),
            regularizer: Regularizer(penalty, alpha: alpha), stop: rule, initializer: try initial.initializer)
    }

    /// FATE has these parameters twice: of old at the top, now in `callback_param`, which counts where it names a
    /// callback. Without a callback's name nothing in `callback_param` is done.
    func validationSettings() throws -> ValidationSettings {
        let callbacks = callback.callbacks ?? []
        let isNamed = callbacks.contains("EarlyStopping") || callbacks.contains("PerformanceEvaluate")
        let isAskedOfOld = validationFrequencies != .null || earlyStoppingRounds != nil
        let names = try names(callback.metrics ?? metrics ?? [])
        guard isNamed || isAskedOfOld else {
            return ValidationSettings(frequency: .never, rounds: nil, metrics: names, usesFirstMetricOnly: false)
        }
        let isCallbacks = isNamed && callback.validationFrequencies != .null
        let frequency = try frequency(
            isCallbacks ? callback.validationFrequencies : validationFrequencies,
            field: isCallbacks ? "callback_param.validation_freqs" : "validation_freqs")
        let rounds = (isNamed ? callback.earlyStoppingRounds : nil) ?? earlyStoppingRounds
        if let rounds, rounds < 1 {
            throw ComponentError.invalid(field: "early_stopping_rounds", "\(rounds) is not from 1 on")
        }
        if rounds != nil, case .never = frequency {
            throw ComponentError.invalid(
                field: "validation_freqs", "early_stopping_rounds needs to know how often to validate")
        }
        return ValidationSettings(
            frequency: frequency, rounds: rounds, metrics: names,
            usesFirstMetricOnly: useFirstMetricOnly || (isNamed && callback.useFirstMetricOnly))
    }

    private func frequency(_ value: CBOR, field: String) throws -> ValidationSettings.Frequency {
        if value == .null { return .never }
        if let epochs = value.int, epochs > 0 { return .every(epochs) }
        if let list = value.array {
            let epochs = list.compactMap(\.int)
            if epochs.count == list.count, epochs.allSatisfy({ $0 >= 0 }) { return .at(Set(epochs)) }
        }
        throw ComponentError.invalid(field: field, "it is neither a number of epochs from 1 on nor a list of epochs")
    }

    private func names(_ metrics: [String]) throws -> [String] {
        try metrics.map { name in
            let full = MetricNames.full(name)
            guard MetricNames.all.contains(full) else {
                throw ComponentError.invalid(field: "metrics", "\(name) is no metric that is known")
            }
            return full
        }
    }
}

extension InitialWeights {
    var initializer: WeightInitializer {
        get throws {
            switch method.lowercased() {
            case "zeros": .zeros
            case "ones": .ones
            case "const": .constant(constant)
            case "random_uniform": .uniform
            case "random_normal": .normal
            default:
                throw ComponentError.invalid(
                    field: "init_param.init_method",
                    "\(method) is none of zeros, ones, const, random_uniform, random_normal")
            }
        }
    }
}
