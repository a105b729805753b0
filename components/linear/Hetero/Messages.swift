import NornCrypto
import NornKit
import NornMath

/// What the guest tells all before anything else: which stages this task has, and how it trains.
struct Plan: Codable, Sendable {
    static let mostRows = 1 << 31
    /// classes of one-vs-rest: so many that a model each is still sensible
    static let mostModels = 256
    var trains: Bool
    /// predictions that follow training, or that are all there is: "train", "validate", "predict"
    var predictions: [String]
    /// rows and a digest of the ids of the table to train on
    var rows = 0
    var digest: [UInt8] = []
    var batchSize: Int?
    var strategy = BatchStrategy.inOrder
    /// 1, or one a class
    var models = 1
    /// of cross validation; 0: none
    var folds = 0
    /// rows have weights of their own
    var isWeighted = false
    /// the model is measured on other rows while it trains
    var validates = false
    /// of each model, the first epoch: not 0 after a warm start
    var firstEpochs: [Int] = [0]

    enum CodingKeys: String, CodingKey {
        case trains, predictions, rows, digest, strategy, models, folds, validates
        case batchSize = "batch_size"
        case isWeighted = "weighted"
        case firstEpochs = "first_epochs"
    }

    /// What the arbiter is told: it needs no digest of the ids.
    var withoutDigest: Plan {
        var plan = self
        plan.digest = []
        return plan
    }

    /// The fits in their order.
    var scopes: [FitScope] {
        let folds: [Int?] = folds == 0 ? [nil] : (0..<self.folds).map { $0 }
        let models: [Int?] = models == 1 ? [nil] : (0..<self.models).map { $0 }
        return folds.flatMap { fold in models.map { FitScope(fold: fold, model: $0) } }
    }

    func firstEpoch(_ scope: FitScope) -> Int { firstEpochs[scope.model ?? 0] }

    /// Refuses a plan that is not what this party's own parameters say: a guest must not be able to ask for sums over
    /// single rows.
    func check(_ settings: TrainingSettings, from guest: Party) throws {
        let shuffles = settings.strategy == .shuffled
        guard settings.batchSize == batchSize, settings.strategy == strategy || (shuffles && strategy == .inOrder)
        else {
            throw ComponentError.peer(
                guest, "its batches are not those of this party's batch_size and shuffle: give all parties the same")
        }
        guard folds == (settings.crossValidation?.splits ?? 0) else {
            throw ComponentError.peer(guest, "its folds are not those of this party's cv_param")
        }
        guard ParameterLimits.smallestBatch...Self.mostRows ~= rows else {
            throw ComponentError.peer(guest, "it trains on \(rows) rows: sums over so few tell what is in them")
        }
        guard 1...Self.mostModels ~= models, firstEpochs.count == models,
            firstEpochs.allSatisfy({ 0...ParameterLimits.mostIterations ~= $0 })
        else { throw ComponentError.peer(guest, "its plan has \(models) models, which is no number of classes") }
    }
}

/// What a party tells the arbiter about its weights.
struct WeightShape: Codable, Sendable {
    static let mostWeights = 1 << 20
    var weights: Int
}

/// What the arbiter says after an epoch.
struct EpochEnd: Codable, Sendable {
    var stops: Bool
    /// to the guest only
    var loss: Double?
}

/// How many rows a fit of the arbiter is over.
struct FitSize: Codable, Sendable { var rows: Int }

enum MessageName {
    static let plan = "plan"
    static let publicKey = "public_key"
    static let weightShape = "weight_shape"
    static let folds = "folds"
    static let fitSize = "fit_size"
    static let batchRows = "batch_rows"
    static let hessianRows = "hessian_rows"
    static let hostForward = "host_forward"
    static let residual = "residual"
    static let hostLoss = "host_loss"
    static let loss = "loss"
    static let gradient = "gradient"
    static let step = "step"
    static let epochEnd = "epoch_end"
    static let validationStatus = "validation_status"
    static let predictionIDs = "prediction_ids"
    static let hostScore = "host_score"
}

extension LinearTask {
    /// Lists of rows travel as little-endian 32-bit numbers.
    func sendRows(_ rows: [Int], name: String, tag: String, to role: Role) async throws {
        let bytes = rows.map { UInt32($0).littleEndian }.withUnsafeBytes(Array.init)
        try await federation.sendBytes(bytes, name: name, tag: tag, to: role)
    }

    func receiveRows(name: String, tag: String, from party: Party) async throws -> [Int] {
        let bytes = try await federation.receiveBytes(name: name, tag: tag, from: party)
        return bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map {
                Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
    }
}
