public enum Penalty: String, Sendable, CaseIterable {
    case none, l1, l2
}

/// The penalty on a model's coefficients; an intercept is never penalised.
public struct Regularizer: Sendable, Hashable {
    public let penalty: Penalty
    public let alpha: Double

    public init(_ penalty: Penalty, alpha: Double) {
        self.penalty = penalty
        self.alpha = alpha
    }

    /// What the penalty adds to the loss: α/2 ‖w‖² or α ‖w‖₁.
    public func loss(_ coefficients: [Double]) -> Double {
        switch penalty {
        case .none: 0
        case .l1: alpha * coefficients.reduce(0) { $0 + abs($1) }
        case .l2: alpha / 2 * coefficients.reduce(0) { $0 + $1 * $1 }
        }
    }

    /// What the penalty adds to the gradient: α w for L2; L1 acts in `update` instead.
    public func gradient(_ coefficients: [Double]) -> [Double] {
        coefficients.map { penalty == .l2 ? alpha * $0 : 0 }
    }

    /// The coefficients after a step: w - step, for L1 then shrunk towards zero by α · rate / sqrt(epoch + 1).
    /// - Parameters:
    ///   - rate: the learning rate before any decay
    ///   - epoch: from 0
    public func update(_ coefficients: [Double], step: [Double], rate: Double, epoch: Int) -> [Double] {
        let shrinkage = penalty == .l1 ? alpha * rate / Double(epoch + 1).squareRoot() : 0
        return zip(coefficients, step).map { coefficient, step in
            let moved = coefficient - step
            guard penalty == .l1 else { return moved }
            let size = max(0, abs(moved) - shrinkage)
            return moved < 0 ? -size : size
        }
    }
}
