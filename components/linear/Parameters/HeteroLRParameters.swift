import NornKit
import NornMath

/// FATE's HeteroLogisticParam: names and defaults are FATE's, but for the key length, which is 2048 here.
struct HeteroLRParameters: HeteroLinearParameters {
    var penalty: String? = "L2"
    var tolerance = 1e-4
    var alpha = 1.0
    var optimizer = "rmsprop"
    var batchSize = -1
    var shuffle = true
    var batchStrategy = "full"
    var maskedRate = 5.0
    var learningRate = 0.01
    var initial = InitialWeights()
    var maximumIterations = 100
    var earlyStop = "diff"
    var encryptedMode = EncryptedMode()
    var prediction = PredictionParameters()
    var crossValidation = CrossValidation()
    var decay = 1.0
    var decaySqrt = true
    var quasiNewton = QuasiNewtonParameters()
    var multiClass = "ovr"
    var validationFrequencies: CBOR = .null
    var earlyStoppingRounds: Int?
    var metrics: [String]? = ["auc", "ks"]
    var floatingPointPrecision: Int? = 23
    var encryption = Encryption()
    var useFirstMetricOnly = false
    var stepwise = Stepwise()
    var callback = Callback()

    enum CodingKeys: String, CodingKey {
        case penalty, alpha, optimizer, shuffle, decay, metrics
        case tolerance = "tol"
        case batchSize = "batch_size"
        case batchStrategy = "batch_strategy"
        case maskedRate = "masked_rate"
        case learningRate = "learning_rate"
        case initial = "init_param"
        case maximumIterations = "max_iter"
        case earlyStop = "early_stop"
        case encryptedMode = "encrypted_mode_calculator_param"
        case prediction = "predict_param"
        case crossValidation = "cv_param"
        case decaySqrt = "decay_sqrt"
        case quasiNewton = "sqn_param"
        case multiClass = "multi_class"
        case validationFrequencies = "validation_freqs"
        case earlyStoppingRounds = "early_stopping_rounds"
        case floatingPointPrecision = "floating_point_precision"
        case encryption = "encrypt_param"
        case useFirstMetricOnly = "use_first_metric_only"
        case stepwise = "stepwise_param"
        case callback = "callback_param"
    }
}

extension HeteroLRParameters {
    static let module = "HeteroLR"
    static let form = LossForm.logistic

    var threshold: Double { prediction.threshold }

    var strategy: BatchStrategy {
        get throws {
            switch batchStrategy.lowercased() {
            case "full": shuffle ? .shuffled : .inOrder
            case "random": .random
            default:
                throw ComponentError.invalid(field: "batch_strategy", "\(batchStrategy) is none of full, random")
            }
        }
    }

    func validate() throws {
        try checkHetero()
        try require("masked_rate", maskedRate >= 0 && maskedRate.isFinite, "\(maskedRate) is no number from 0 on")
        try require("predict_param.threshold", 0...1 ~= threshold, "\(threshold) is not from 0 to 1")
        try require("multi_class", multiClass.lowercased() == "ovr", "\(multiClass) is not ovr")
    }
}
