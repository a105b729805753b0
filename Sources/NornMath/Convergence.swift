/// When training may stop before its last epoch.
public enum ConvergenceRule: String, Sendable, CaseIterable {
    /// the loss changed by less than the tolerance since the last epoch
    case diff
    /// the loss is at most the tolerance
    case abs
    /// the length of the sum of the epoch's steps is below the tolerance
    case weightDiff = "weight_diff"
}

/// Watches epochs against a rule.
public struct Convergence: Sendable {
    public let rule: ConvergenceRule
    public let tolerance: Double
    private var lastLoss: Double?

    public init(_ rule: ConvergenceRule, tolerance: Double) {
        self.rule = rule
        self.tolerance = tolerance
    }

    /// Says whether to stop after an epoch. A loss that is not a number never converges.
    /// - Parameters:
    ///   - loss: the mean of the epoch's batch losses
    ///   - steps: the sum of the epoch's steps
    public mutating func isReached(loss: Double, steps: [Double]) -> Bool {
        defer { lastLoss = loss }
        switch rule {
        case .diff:
            guard let lastLoss else { return false }
            return Swift.abs(loss - lastLoss) < tolerance
        case .abs:
            return loss <= tolerance
        case .weightDiff:
            return steps.reduce(0) { $0 + $1 * $1 }.squareRoot() < tolerance
        }
    }
}
