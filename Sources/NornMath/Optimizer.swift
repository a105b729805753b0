/// The rules that turn a gradient into a step, with FATE's names and constants.
public enum OptimizerMethod: String, Sendable, CaseIterable {
    case sgd, rmsprop, adagrad, adam
    case nesterov = "nesterov_momentum_sgd"
}

/// A gradient-descent optimizer with its state. Weights change by `weights -= step`.
public struct Optimizer: Sendable {
    static let rmspropDecay = 0.99
    static let rmspropEpsilon = 1e-6
    static let adagradEpsilon = 1e-7
    static let adamDecays = (first: 0.9, second: 0.999)
    static let adamEpsilon = 1e-8
    static let nesterovMomentum = 0.9

    public let method: OptimizerMethod
    public let rate: LearningRate
    /// First moments (adam, nesterov) and second moments (rmsprop, adagrad, adam); empty before the first step.
    private var first: [Double] = []
    private var second: [Double] = []
    private var steps = 0

    public init(_ method: OptimizerMethod, rate: LearningRate) {
        self.method = method
        self.rate = rate
    }

    /// - Parameters:
    ///   - gradient: the same length at every call
    ///   - epoch: from 0; the learning rate decays by epochs, not by batches
    /// - Returns: what to subtract from the weights
    public mutating func step(_ gradient: [Double], epoch: Int) -> [Double] {
        if steps == 0 {
            first = [Double](repeating: 0, count: gradient.count)
            second = first
        }
        precondition(gradient.count == first.count, "The gradient changed its length.")
        steps += 1
        let rate = rate.value(epoch: epoch)
        return gradient.indices.map { step(gradient[$0], at: $0, rate: rate) }
    }

    private mutating func step(_ g: Double, at index: Int, rate: Double) -> Double {
        switch method {
        case .sgd:
            return rate * g
        case .rmsprop:
            second[index] = Self.rmspropDecay * second[index] + (1 - Self.rmspropDecay) * g * g
            return rate * g / (second[index] + Self.rmspropEpsilon).squareRoot()
        case .adagrad:
            second[index] += g * g
            return rate * g / (second[index].squareRoot() + Self.adagradEpsilon)
        case .nesterov:
            let before = first[index]
            first[index] = Self.nesterovMomentum * before - rate * g
            return Self.nesterovMomentum * before - (1 + Self.nesterovMomentum) * first[index]
        case .adam:
            return adamStep(g, at: index, rate: rate)
        }
    }

    private mutating func adamStep(_ g: Double, at index: Int, rate: Double) -> Double {
        let (beta1, beta2) = Self.adamDecays
        first[index] = beta1 * first[index] + (1 - beta1) * g
        second[index] = beta2 * second[index] + (1 - beta2) * g * g
        let mean = first[index] / (1 - power(beta1, steps))
        let variance = second[index] / (1 - power(beta2, steps))
        return rate * mean / (variance.squareRoot() + Self.adamEpsilon)
    }
}

/// base^exponent by squaring: no C library function, so the same bits everywhere.
private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
        if rest & 1 == 1 { result *= square }
        square *= square
        rest >>= 1
    }
    return result
}

/// A learning rate that falls with the epochs: rate / sqrt(1 + decay · epoch), or rate / (1 + decay · epoch).
public struct LearningRate: Sendable, Hashable {
    public let initial: Double
    public let decay: Double
    public let usesSquareRoot: Bool

    public init(_ initial: Double, decay: Double = 1, usesSquareRoot: Bool = true) {
        self.initial = initial
        self.decay = decay
        self.usesSquareRoot = usesSquareRoot
    }

    /// - Parameter epoch: from 0
    public func value(epoch: Int) -> Double {
        let divisor = 1 + decay * Double(epoch)
        return initial / (usesSquareRoot ? divisor.squareRoot() : divisor)
    }
}
