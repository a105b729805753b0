import NornKit
import NornMath

/// FATE's LinearParam: names and defaults are FATE's, but for the key length, which is 2048 here.
struct HeteroLinRParameters: HeteroLinearParameters {
    var penalty: String? = "L2"
    var tolerance = 1e-4
    var alpha = 1.0
    var optimizer = "sgd"
    var batchSize = -1
    var learningRate = 0.01
    var initial = InitialWeights()
    var maximumIterations = 20
    var earlyStop = "diff"
    var encryption = Encryption()
    var quasiNewton = QuasiNewtonParameters()
    var encryptedMode = EncryptedMode()
    var crossValidation = CrossValidation()
    var decay = 1.0
    var decaySqrt = true
    var validationFrequencies: CBOR = .null
    var earlyStoppingRounds: Int?
    var stepwise = Stepwise()
    var metrics: [String]?
    var useFirstMetricOnly = false
    var floatingPointPrecision: Int? = 23
    var callback = Callback()

    enum CodingKeys: String, CodingKey {
        case penalty, alpha, optimizer, decay, metrics
        case tolerance = "tol"
        case batchSize = "batch_size"
        case learningRate = "learning_rate"
        case initial = "init_param"
        case maximumIterations = "max_iter"
        case earlyStop = "early_stop"
        case encryption = "encrypt_param"
        case quasiNewton = "sqn_param"
        case encryptedMode = "encrypted_mode_calculator_param"
        case crossValidation = "cv_param"
        case decaySqrt = "decay_sqrt"
        case validationFrequencies = "validation_freqs"
        case earlyStoppingRounds = "early_stopping_rounds"
        case stepwise = "stepwise_param"
        case useFirstMetricOnly = "use_first_metric_only"
        case floatingPointPrecision = "floating_point_precision"
        case callback = "callback_param"
    }
}

extension HeteroLinRParameters {
    static let module = "HeteroLinR"
    static let form = LossForm.squares

    var threshold: Double { 0.5 }
    /// FATE's LinR has no choice of batches: they are cut in the rows' order.
    var strategy: BatchStrategy { .inOrder }

    func validate() throws { try checkHetero() }
}
