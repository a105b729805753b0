import NornCrypto
import NornKit
import NornMath

/// Logistic regression on rows that several parties hold, each with all columns and labels (FATE's HomoLR, reference
/// `homo_lr`): federated averaging under secure aggregation.
///
/// 1. The guest tells the columns, all agree on the classes, and guest and hosts send each other a fresh public key.
/// 2. Each trains on its own rows for `aggregate_iters` epochs, and sends its weights and loss, multiplied by its share of
///    all rows, as integers under masks that cancel in the sum of all (NornCrypto's `PairwiseMasks`).
/// 3. The arbiter adds up, which gives the average model, says whether training ends, and sends the average to all.
struct HomoLR: Component {
    static let descriptor = ComponentDescriptor(
        name: "HomoLR", roles: [.guest, .host, .arbiter], inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model"), .cache("checkpoint")])

    func run(_ context: TaskContext<HomoLRParameters>) async throws {
        guard let guest = context.parties[.guest].first, context.parties[.guest].count == 1 else {
            throw ComponentError(.failedPrecondition, "HomoLR needs one guest.", fault: .user)
        }
        let task = HomoTask(
            linear: LinearTask(context, try context.parameters.settings()), guest: guest,
            localEpochs: context.parameters.aggregateIterations)
        if context.role == .arbiter {
            try await HomoArbiter(task: task).run()
        } else {
            try await HomoParty(task: task).run()
        }
    }
}

/// A task of a model on several parties' rows.
@dynamicMemberLookup
struct HomoTask: Sendable {
    let linear: LinearTask
    let guest: Party
    /// epochs from one average to the next
    let localEpochs: Int

    subscript<Value>(dynamicMember path: KeyPath<LinearTask, Value>) -> Value { linear[keyPath: path] }

    /// Who has rows, in an order that is the same for all.
    var owners: [Party] { [guest] + linear.parties[.host] }

    var arbiter: Party {
        get throws {
            guard let arbiter = linear.parties[.arbiter].first, linear.parties[.arbiter].count == 1 else {
                throw ComponentError(.failedPrecondition, "Training HomoLR needs one arbiter.", fault: .user)
            }
            guard owners.count > 1 else {
                throw ComponentError(.failedPrecondition, "Training HomoLR needs at least one host.", fault: .user)
            }
            return arbiter
        }
    }
}

/// What the guest tells all before anything else.
struct HomoPlan: Codable, Sendable {
    static let mostColumns = 1 << 20
    var trains: Bool
    /// to hosts: names of the columns, in the order of weights
    var header: [String] = []
    var columns = 0
    /// 1, or one a class
    var models = 1
    var folds = 0
    /// after a warm start not 0
    var firstEpochs: [Int] = [0]
    /// to hosts: the labels
    var classes: [Double] = []

    enum CodingKeys: String, CodingKey {
        case trains, header, columns, models, folds, classes
        case firstEpochs = "first_epochs"
    }

    /// What the arbiter is told: neither columns nor labels by name.
    var withoutNames: HomoPlan {
        var plan = self
        plan.header = []
        plan.classes = []
        return plan
    }

    func check(_ task: HomoTask) throws {
        let settings = task.settings
        guard (0...Self.mostColumns).contains(columns), 1...Plan.mostModels ~= models, firstEpochs.count == models,
            firstEpochs.allSatisfy({ 0...ParameterLimits.mostIterations ~= $0 })
        else { throw ComponentError.peer(task.guest, "its plan has \(columns) columns and \(models) models") }
        guard folds == (settings.crossValidation?.splits ?? 0) else {
            throw ComponentError.peer(task.guest, "its folds are not those of this party's cv_param")
        }
    }

    /// The fits in their order.
    var scopes: [FitScope] {
        let folds: [Int?] = folds == 0 ? [nil] : (0..<self.folds).map { $0 }
        let models: [Int?] = models == 1 ? [nil] : (0..<self.models).map { $0 }
        return folds.flatMap { fold in models.map { FitScope(fold: fold, model: $0) } }
    }

    func firstEpoch(_ scope: FitScope) -> Int { firstEpochs[scope.model ?? 0] }
}

/// The average of all parties' models, and whether it is the last one.
struct Average: Codable, Sendable {
    var weights: [Double]
    var stops: Bool
}

enum HomoMessage {
    static let plan = "plan"
    static let hostClasses = "host_classes"
    static let aggregationKey = "aggregation_key"
    static let keysSeen = "keys_seen"
    static let maskedRows = "masked_rows"
    static let totalRows = "total_rows"
    static let maskedUpdate = "masked_update"
    static let average = "average"
}

/// How numbers travel under masks.
enum MaskedNumbers {
    /// Weights and losses, times a party's share of the rows.
    static let encoding = FixedPoint(fractionalBits: 40)
    /// Rows of all parties together.
    static let mostRows: Int64 = 1 << 40

    static func integers(_ values: [Double]) throws -> [Int64] { try diverging { try encoding.scalars(values) } }
    static func values(_ integers: [Int64]) -> [Double] { integers.map { Double($0) / encoding.scale } }

    /// Masked numbers travel as 64 bits each, little-endian.
    static func bytes(_ words: [UInt64]) -> [UInt8] { words.map(\.littleEndian).withUnsafeBytes { Array($0) } }

    static func words(_ bytes: [UInt8], count: Int, from party: Party) throws -> [UInt64] {
        guard bytes.count == count * 8 else {
            throw ComponentError.peer(party, "what it sent is not \(count) masked numbers")
        }
        return bytes.withUnsafeBytes { bytes in
            (0..<count).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
    }
}
