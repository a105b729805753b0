import NornCrypto
import NornKit
import NornMath

extension HeteroLRParameters {
    static let smallestBatch = 10
    static let largestPrecision = 52
    static let mostIterations = 1_000_000

    func validate() throws {
        _ = try trainingRules()
        try checkRanges()
        try checkUnsupported()
    }

    private func checkRanges() throws {
        func require(_ field: String, _ isFine: Bool, _ message: String) throws {
            if !isFine { throw ComponentError.invalid(field: field, message) }
        }
        try require("tol", tolerance >= 0, "\(tolerance) is negative")
        try require("alpha", alpha >= 0 && alpha.isFinite, "\(alpha) is no number from 0 on")
        try require("learning_rate", learningRate > 0 && learningRate.isFinite, "\(learningRate) is not above 0")
        try require("decay", decay >= 0 && decay.isFinite, "\(decay) is no number from 0 on")
        try require("max_iter", 1...Self.mostIterations ~= maximumIterations, "\(maximumIterations) is not from 1 on")
        try require(
            "batch_size", batchSize == -1 || batchSize >= Self.smallestBatch,
            "\(batchSize) is neither -1 (all rows) nor at least \(Self.smallestBatch)")
        try require("masked_rate", maskedRate >= 0, "\(maskedRate) is negative")
        try require(
            "floating_point_precision", 0...Self.largestPrecision ~= precision,
            "\(precision) is not from 0 to \(Self.largestPrecision)")
        try require(
            "predict_param.threshold", 0...1 ~= prediction.threshold, "\(prediction.threshold) is not from 0 to 1")
        let bits = encryption.keyLength
        let lengths = PaillierPublicKey.minimumBits...PaillierPublicKey.maximumBits
        try require(
            "encrypt_param.key_length", lengths ~= bits && bits % 128 == 0,
            "\(bits) is no multiple of 128 from \(lengths.lowerBound) to \(lengths.upperBound)")
    }

    private func checkUnsupported() throws {
        func refuse(_ field: String, if isAsked: Bool, _ what: String) throws {
            if isAsked { throw ComponentError.invalid(field: field, "\(what) is not in this version of HeteroLR") }
        }
        try refuse(
            "encrypt_param.method", if: encryption.method?.lowercased() != "paillier", "another method than Paillier")
        try refuse("batch_strategy", if: batchStrategy != "full", "another strategy than full")
        try refuse("multi_class", if: multiClass != "ovr", "another way than ovr")
        try refuse("cv_param.need_cv", if: crossValidation.isNeeded, "cross validation")
        try refuse("stepwise_param.need_stepwise", if: stepwise.isNeeded, "stepwise selection")
        try refuse("validation_freqs", if: validationFrequencies != .null, "validation while it trains")
        try refuse("early_stopping_rounds", if: earlyStoppingRounds != nil, "stopping by validation")
        try refuse("use_first_metric_only", if: useFirstMetricOnly, "stopping by validation")
        try refuse("callback_param.callbacks", if: !(callback.callbacks ?? []).isEmpty, "a callback")
        try refuse(
            "callback_param.validation_freqs", if: callback.validationFrequencies != .null, "validation while it trains"
        )
        try refuse(
            "callback_param.early_stopping_rounds", if: callback.earlyStoppingRounds != nil, "stopping by validation")
        try refuse("callback_param.use_first_metric_only", if: callback.useFirstMetricOnly, "stopping by validation")
        let usual = QuasiNewton()
        let isUsual =
            quasiNewton.updateInterval == usual.updateInterval && quasiNewton.memory == usual.memory
            && quasiNewton.sampleSize == usual.sampleSize && quasiNewton.seed == usual.seed
        try refuse("sqn_param", if: !isUsual, "the quasi-Newton optimizer")
    }

    /// Bits after the point of features.
    var precision: Int { floatingPointPrecision ?? 23 }

    /// The parameters that are choices, as what they choose.
    func trainingRules() throws -> TrainingRules {
        guard let method = OptimizerMethod(rawValue: optimizer.lowercased()) else {
            let known = OptimizerMethod.allCases.map(\.rawValue).joined(separator: ", ")
            throw ComponentError.invalid(field: "optimizer", "\(optimizer) is none of \(known)")
        }
        guard let penalty = Penalty(rawValue: (penalty ?? "none").lowercased()) else {
            throw ComponentError.invalid(field: "penalty", "\(penalty ?? "") is none of L1, L2, None")
        }
        guard let rule = ConvergenceRule(rawValue: earlyStop.lowercased()) else {
            throw ComponentError.invalid(field: "early_stop", "\(earlyStop) is none of diff, abs, weight_diff")
        }
        let initializer: WeightInitializer
        switch initial.method.lowercased() {
        case "zeros": initializer = .zeros
        case "ones": initializer = .ones
        case "const": initializer = .constant(initial.constant)
        case "random_uniform": initializer = .uniform
        case "random_normal": initializer = .normal
        default:
            throw ComponentError.invalid(
                field: "init_param.init_method",
                "\(initial.method) is none of zeros, ones, const, random_uniform, random_normal")
        }
        return TrainingRules(
            method: method, rate: LearningRate(learningRate, decay: decay, usesSquareRoot: decaySqrt),
            regularizer: Regularizer(penalty, alpha: alpha), stop: rule, initializer: initializer)
    }
}

struct TrainingRules: Sendable {
    let method: OptimizerMethod
    let rate: LearningRate
    let regularizer: Regularizer
    let stop: ConvergenceRule
    let initializer: WeightInitializer
}
