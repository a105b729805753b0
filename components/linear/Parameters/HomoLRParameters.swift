import NornKit
import NornMath

/// FATE's HomoLogisticParam: names and defaults are FATE's. What only models on several parties' columns have (encryption
/// of what travels, batches that hosts must know) is accepted and has no effect: every party trains on its own rows, and
/// models travel under masks.
struct HomoLRParameters: LinearParameters {
    var penalty: String? = "L2"
    var tolerance = 1e-4
    var alpha = 1.0
    var optimizer = "rmsprop"
    var batchSize = -1
    var learningRate = 0.01
    var initial = InitialWeights()
    var maximumIterations = 100
    var earlyStop = "diff"
    var prediction = PredictionParameters()
    var crossValidation = CrossValidation()
    var decay = 1.0
    var decaySqrt = true
    /// epochs that every party trains by itself before models are averaged
    var aggregateIterations = 1
    var multiClass = "ovr"
    var validationFrequencies: CBOR = .null
    var earlyStoppingRounds: Int?
    var metrics: [String]? = ["auc", "ks"]
    var useFirstMetricOnly = false
    var callback = Callback()
    var encryption = NoEncryption()
    var shuffle = true
    var batchStrategy = "full"
    var maskedRate = 5.0
    var floatingPointPrecision: Int? = 23
    var stepwise = Stepwise()

    enum CodingKeys: String, CodingKey {
        case penalty, alpha, optimizer, decay, metrics, shuffle
        case tolerance = "tol"
        case batchSize = "batch_size"
        case learningRate = "learning_rate"
        case initial = "init_param"
        case maximumIterations = "max_iter"
        case earlyStop = "early_stop"
        case prediction = "predict_param"
        case crossValidation = "cv_param"
        case decaySqrt = "decay_sqrt"
        case aggregateIterations = "aggregate_iters"
        case multiClass = "multi_class"
        case validationFrequencies = "validation_freqs"
        case earlyStoppingRounds = "early_stopping_rounds"
        case useFirstMetricOnly = "use_first_metric_only"
        case callback = "callback_param"
        case encryption = "encrypt_param"
        case batchStrategy = "batch_strategy"
        case maskedRate = "masked_rate"
        case floatingPointPrecision = "floating_point_precision"
        case stepwise = "stepwise_param"
    }
}

/// FATE's EncryptParam as HomoLR's confs give it: read, and without effect.
struct NoEncryption: Codable, Sendable {
    var method: String?
    var keyLength = 1024

    enum CodingKeys: String, CodingKey {
        case method
        case keyLength = "key_length"
    }
}

extension HomoLRParameters {
    static let module = "HomoLR"

    var threshold: Double { prediction.threshold }
    var strategy: BatchStrategy { .inOrder }

    func validate() throws {
        try checkLinear()
        try require("aggregate_iters", aggregateIterations >= 1, "\(aggregateIterations) is not from 1 on")
        try require("predict_param.threshold", 0...1 ~= threshold, "\(threshold) is not from 0 to 1")
        try require("multi_class", multiClass.lowercased() == "ovr", "\(multiClass) is not ovr")
        try require(
            "early_stopping_rounds", try validationSettings().rounds == nil,
            "HomoLR does not stop by validation, as in FATE: every party measures on rows of its own")
        try require("stepwise_param.need_stepwise", !stepwise.isNeeded, "stepwise selection is not for HomoLR")
    }
}
