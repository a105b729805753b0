import NornKit

/// What of scikit-learn's LogisticRegression is possible here, with scikit-learn's names and defaults.
struct BaselineOptions: Sendable {
    enum RowWeights: Sendable, Equatable {
        case same
        /// Each class has the same weight in all.
        case balanced
        /// By class as people write it; others have 1.
        case given([String: Double])
    }

    /// The inverse of regularisation: C times the loss of all rows is added to half the square of the weights.
    var inverseRegularisation = 1.0
    var isPenalised = true
    /// Of the intercept: liblinear treats it as the weight of one more column with this value; nil: not penalised.
    var interceptColumn: Double?
    var fitsIntercept = true
    var tolerance = 1e-4
    var maximumIterations = 100
    var rowWeights = RowWeights.same
    /// One softmax over all classes, or one model a class.
    var isMultinomial = true
    /// What was given and changes nothing.
    private(set) var withoutEffect: [String] = []

    static let mostIterations = 1_000_000
    private static let field = "model_opts"
    private static let solvers = ["lbfgs", "newton-cg", "newton-cholesky", "sag", "saga", "liblinear"]

    /// - Throws: `invalidArgument` for an option that scikit-learn does not have or that is not possible here.
    init(_ given: [String: CBOR]) throws {
        var isLiblinear = false
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "penalty": isPenalised = try Self.isPenalised(value)
            case "C": inverseRegularisation = try Self.positive(name, value)
            case "tol": tolerance = try Self.positive(name, value)
            case "fit_intercept": fitsIntercept = try Self.boolean(name, value)
            case "max_iter":
                guard let count = value.int, 1...Self.mostIterations ~= count else {
                    throw Self.refusal(name, "is no whole number from 1 to \(Self.mostIterations)")
                }
                maximumIterations = count
            case "class_weight": rowWeights = try Self.rowWeights(value)
            case "solver":
                guard let solver = value.text, Self.solvers.contains(solver) else {
                    throw Self.refusal(name, "is none of \(Self.solvers.joined(separator: ", "))")
                }
                isLiblinear = solver == "liblinear"
            case "multi_class":
                guard let way = value.text, ["auto", "ovr", "multinomial"].contains(way) else {
                    throw Self.refusal(name, "is none of auto, ovr and multinomial")
                }
                isMultinomial = way != "ovr"
            case "intercept_scaling": interceptColumn = try Self.positive(name, value)
            case "dual":
                guard try !Self.boolean(name, value) else {
                    throw Self.refusal(name, "true is another way to the same result, which is not gone here")
                }
            case "l1_ratio":
                guard value == .null else { throw Self.refusal(name, "belongs to penalty elasticnet") }
            case "random_state", "verbose", "warm_start", "n_jobs": withoutEffect.append(name)
            default: throw Self.refusal(name, "is no option of LogisticRegression")
            }
        }
        if isLiblinear {
            guard given["multi_class"]?.text != "multinomial" else {
                throw Self.refusal("multi_class", "multinomial is not for liblinear")
            }
            guard isPenalised else { throw Self.refusal("penalty", "none is not for liblinear") }
            isMultinomial = false
            interceptColumn = interceptColumn ?? 1
        } else {
            if interceptColumn != nil { withoutEffect.append("intercept_scaling") }
            interceptColumn = nil
        }
    }

    private static func refusal(_ name: String, _ message: String) -> ComponentError {
        .invalid(field: "\(field).\(name)", message)
    }

    private static func positive(_ name: String, _ value: CBOR) throws -> Double {
        guard let number = value.double, number.isFinite, number > 0 else {
            throw refusal(name, "is no number above 0")
        }
        return number
    }

    private static func boolean(_ name: String, _ value: CBOR) throws -> Bool {
        guard let flag = value.bool else { throw refusal(name, "is neither true nor false") }
        return flag
    }

    private static func isPenalised(_ value: CBOR) throws -> Bool {
        switch value {
        case "l2": true
        case "none", .null: false
        case "l1", "elasticnet": throw refusal("penalty", "makes weights vanish, which is not possible here: take l2")
        default: throw refusal("penalty", "is none of l2 and none")
        }
    }

    private static func rowWeights(_ value: CBOR) throws -> RowWeights {
        if value == .null { return .same }
        if value == "balanced" { return .balanced }
        guard let map = value.map else {
            throw refusal("class_weight", "is none of null, balanced and a map of classes")
        }
        return .given(
            try map.mapValues { weight in
                guard let number = weight.double, number.isFinite, number >= 0 else {
                    throw refusal("class_weight", "has a weight that is no number from 0 on")
                }
                return number
            })
    }
}
