import NornCrypto
import NornKit
import NornMath

/// FATE's HeteroLogisticParam: names and defaults are FATE's, but for the key length, which is 2048 here. What this
/// version does not do is accepted at its default and refused by name otherwise.
struct HeteroLRParameters: ComponentParameters {
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
    var quasiNewton = QuasiNewton()
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

struct InitialWeights: Codable, Sendable {
    var method = "random_uniform"
    var constant = 1.0
    var fitsIntercept = true
    var seed: Int?

    enum CodingKeys: String, CodingKey {
        case method = "init_method"
        case constant = "init_const"
        case fitsIntercept = "fit_intercept"
        case seed = "random_seed"
    }
}

struct PredictionParameters: Codable, Sendable {
    var threshold = 0.5
}

struct Encryption: Codable, Sendable {
    var method: String? = "Paillier"
    var keyLength = PaillierPublicKey.recommendedBits

    enum CodingKeys: String, CodingKey {
        case method
        case keyLength = "key_length"
    }
}

/// FATE always sets its mode to strict; so it is read and nothing else.
struct EncryptedMode: Codable, Sendable {
    var mode = "strict"
    var reEncryptedRate = 1.0

    enum CodingKeys: String, CodingKey {
        case mode
        case reEncryptedRate = "re_encrypted_rate"
    }
}

struct CrossValidation: Codable, Sendable {
    var splits = 5
    var mode = "hetero"
    var role = "guest"
    var shuffle = true
    var seed = 1
    var isNeeded = false
    var outputsFoldHistory = true
    var historyValueType = "score"

    enum CodingKeys: String, CodingKey {
        case mode, role, shuffle
        case splits = "n_splits"
        case seed = "random_seed"
        case isNeeded = "need_cv"
        case outputsFoldHistory = "output_fold_history"
        case historyValueType = "history_value_type"
    }
}

struct QuasiNewton: Codable, Sendable {
    var updateInterval = 3
    var memory = 5
    var sampleSize = 5000
    var seed: Int?

    enum CodingKeys: String, CodingKey {
        case updateInterval = "update_interval_L"
        case memory = "memory_M"
        case sampleSize = "sample_size"
        case seed = "random_seed"
    }
}

struct Stepwise: Codable, Sendable {
    var scoreName = "AIC"
    var mode = "hetero"
    var role = "guest"
    var direction = "both"
    var maximumSteps = 10
    var minimumVariables = 2
    var maximumVariables: Int?
    var isNeeded = false

    enum CodingKeys: String, CodingKey {
        case mode, role, direction
        case scoreName = "score_name"
        case maximumSteps = "max_step"
        case minimumVariables = "nvmin"
        case maximumVariables = "nvmax"
        case isNeeded = "need_stepwise"
    }
}

struct Callback: Codable, Sendable {
    var callbacks: [String]?
    var validationFrequencies: CBOR = .null
    var earlyStoppingRounds: Int?
    var metrics: [String]?
    var useFirstMetricOnly = false
    var saveFrequency = 1

    enum CodingKeys: String, CodingKey {
        case callbacks, metrics
        case validationFrequencies = "validation_freqs"
        case earlyStoppingRounds = "early_stopping_rounds"
        case useFirstMetricOnly = "use_first_metric_only"
        case saveFrequency = "save_freq"
    }
}
