import NornCrypto
import NornKit
import NornMath

/// Named limits of parameters.
enum ParameterLimits {
    /// Fewest rows of any sum that another party decrypts: a sum over fewer tells what is in a row.
    static let smallestBatch = 10
    static let largestPrecision = 52
    static let mostIterations = 1_000_000
    static let mostFolds = 100
    static let mostMemory = 100
}

extension ComponentParameters {
    func require(_ field: String, _ isFine: Bool, _ message: @autoclosure () -> String) throws {
        if !isFine { throw ComponentError.invalid(field: field, message()) }
    }
}

extension LinearParameters {
    func checkLinear() throws {
        _ = try settings()
        try require("tol", tolerance >= 0, "\(tolerance) is negative")
        try require("alpha", alpha >= 0 && alpha.isFinite, "\(alpha) is no number from 0 on")
        try require("learning_rate", learningRate > 0 && learningRate.isFinite, "\(learningRate) is not above 0")
        try require("decay", decay >= 0 && decay.isFinite, "\(decay) is no number from 0 on")
        try require(
            "max_iter", 1...ParameterLimits.mostIterations ~= maximumIterations, "\(maximumIterations) is not from 1 on"
        )
        try require(
            "batch_size", batchSize == -1 || batchSize >= ParameterLimits.smallestBatch,
            "\(batchSize) is neither -1 (all rows) nor at least \(ParameterLimits.smallestBatch)")
        try require("init_param.init_const", initial.constant.isFinite, "it is no finite number")
        try checkCrossValidation()
        try checkCallbacks()
    }

    private func checkCrossValidation() throws {
        let asked = crossValidation
        guard asked.isNeeded else { return }
        try require(
            "cv_param.n_splits", 2...ParameterLimits.mostFolds ~= asked.splits,
            "\(asked.splits) is not from 2 to \(ParameterLimits.mostFolds)")
        try require(
            "cv_param.history_value_type", ["score", "instance"].contains(asked.historyValueType),
            "\(asked.historyValueType) is none of score, instance")
    }

    private func checkCallbacks() throws {
        let known = ["EarlyStopping", "ModelCheckpoint", "PerformanceEvaluate"]
        for name in callback.callbacks ?? [] where !known.contains(name) {
            throw ComponentError.invalid(
                field: "callback_param.callbacks", "\(name) is none of \(known.joined(separator: ", "))")
        }
        try require(
            "callback_param.save_freq", callback.saveFrequency >= 1, "\(callback.saveFrequency) is not from 1 on")
    }
}

extension HeteroLinearParameters {
    func checkHetero() throws {
        try checkLinear()
        try require(
            "floating_point_precision",
            FixedPoint.defaultFractionalBits...ParameterLimits.largestPrecision ~= precision,
            "\(precision) is not from \(FixedPoint.defaultFractionalBits), with which results hold, "
                + "to \(ParameterLimits.largestPrecision)")
        let bits = encryption.keyLength
        let lengths = PaillierPublicKey.minimumBits...PaillierPublicKey.maximumBits
        try require(
            "encrypt_param.key_length", lengths ~= bits && bits % 128 == 0,
            "\(bits) is no multiple of 128 from \(lengths.lowerBound) to \(lengths.upperBound)")
        try require(
            "encrypt_param.method", encryption.method?.lowercased() == "paillier",
            "only Paillier encryption is known: a model on several parties' columns is never trained in the open")
        try require(
            "stepwise_param.need_stepwise", !stepwise.isNeeded, "stepwise selection is not in this version")
        guard case .quasiNewton(let asked) = try method else { return }
        try checkQuasiNewton(asked)
    }

    private func checkQuasiNewton(_ asked: QuasiNewtonParameters) throws {
        try require(
            "sqn_param.update_interval_L", asked.updateInterval >= 1, "\(asked.updateInterval) is not from 1 on")
        try require(
            "sqn_param.memory_M", 1...ParameterLimits.mostMemory ~= asked.memory,
            "\(asked.memory) is not from 1 to \(ParameterLimits.mostMemory)")
        try require(
            "sqn_param.sample_size", asked.sampleSize >= ParameterLimits.smallestBatch,
            "\(asked.sampleSize) is not at least \(ParameterLimits.smallestBatch)")
        try require(
            "penalty", penalty?.lowercased() != "l1",
            "the optimizer sqn needs a penalty with a second derivative: L2 or None")
    }
}
