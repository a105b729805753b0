import NornCrypto
import NornKit

// Parameters inside parameters, with FATE's names and defaults.

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

struct QuasiNewtonParameters: Codable, Sendable {
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
