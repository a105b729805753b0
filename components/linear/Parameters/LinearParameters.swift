import NornCrypto
import NornKit
import NornMath

/// What the parameters of all linear models have in common.
protocol LinearParameters: ComponentParameters {
    static var module: String { get }
    var penalty: String? { get }
    var tolerance: Double { get }
    var alpha: Double { get }
    var optimizer: String { get }
    var batchSize: Int { get }
    var learningRate: Double { get }
    var initial: InitialWeights { get }
    var maximumIterations: Int { get }
    var earlyStop: String { get }
    var crossValidation: CrossValidation { get }
    var decay: Double { get }
    var decaySqrt: Bool { get }
    var validationFrequencies: CBOR { get }
    var earlyStoppingRounds: Int? { get }
    var useFirstMetricOnly: Bool { get }
    var metrics: [String]? { get }
    var callback: Callback { get }
    var threshold: Double { get }
    var strategy: BatchStrategy { get throws }
    /// The optimizer, of what the component knows.
    var method: TrainingMethod { get throws }
}

/// What the parameters of the models on several parties' columns have in common.
protocol HeteroLinearParameters: LinearParameters {
    static var form: LossForm { get }
    var quasiNewton: QuasiNewtonParameters { get }
    var encryption: Encryption { get }
    var stepwise: Stepwise { get }
    var floatingPointPrecision: Int? { get }
}

/// How the rows of an epoch are chosen.
enum BatchStrategy: String, Codable, Sendable {
    /// all rows, cut in their order
    case inOrder = "in_order"
    /// all rows, drawn anew for every epoch
    case shuffled
    /// one batch an epoch, drawn from all rows
    case random
}

/// What turns gradients into steps.
enum TrainingMethod: Sendable {
    case gradient(OptimizerMethod)
    case quasiNewton(QuasiNewtonParameters)
}

extension LinearParameters {
    var method: TrainingMethod {
        get throws {
            guard let method = OptimizerMethod(rawValue: optimizer.lowercased()) else {
                let known = OptimizerMethod.allCases.map(\.rawValue).joined(separator: ", ")
                throw ComponentError.invalid(field: "optimizer", "\(optimizer) is none of \(known)")
            }
            return .gradient(method)
        }
    }
}

extension HeteroLinearParameters {
    var method: TrainingMethod {
        get throws {
            if optimizer.lowercased() == "sqn" { return .quasiNewton(quasiNewton) }
            guard let method = OptimizerMethod(rawValue: optimizer.lowercased()) else {
                let known = OptimizerMethod.allCases.map(\.rawValue).joined(separator: ", ")
                throw ComponentError.invalid(field: "optimizer", "\(optimizer) is none of \(known), sqn")
            }
            return .gradient(method)
        }
    }

    /// Bits after the point of features.
    var precision: Int { floatingPointPrecision ?? 23 }
}
