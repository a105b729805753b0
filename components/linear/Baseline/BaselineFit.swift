import NornKit
import NornMath

/// Finds the lowest loss by limited-memory BFGS (Liu and Nocedal, "On the limited memory BFGS method for large scale
/// optimization", Mathematical Programming 45, 1989) with a search along each direction that halves its step.
struct BaselineFit {
    let loss: SoftmaxLoss

    /// Pairs that are remembered, as in scikit-learn's solver lbfgs.
    private static let memory = 10
    private static let mostHalvings = 60
    /// Of Armijo's rule.
    private static let smallestShare = 1e-4
    /// Where the loss falls by less than this part of itself there is nothing more to find.
    private static let smallestFall = 64 * Double.ulpOfOne

    struct Result: Sendable {
        var weights: [Double]
        /// After every iteration.
        var losses: [Double] = []
        var isConverged = false
    }

    func run(checkCancelled: () throws -> Void) throws -> Result {
        var result = Result(weights: [Double](repeating: 0, count: loss.count))
        var memory = QuasiNewton(memory: Self.memory)
        var (current, gradient) = loss.value(result.weights)
        while result.losses.count < loss.options.maximumIterations {
            try checkCancelled()
            guard Self.largest(gradient) > loss.options.tolerance else {
                result.isConverged = true
                break
            }
            var direction = memory.direction(gradient)
            // The first step has no curvature to go by.
            if memory.remembered == 0 {
                let length = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
                direction = direction.map { $0 / max(1, length) }
            }
            guard let next = lower(result.weights, current, gradient, direction) else {
                // No lower loss in the direction: rounding is all that is left.
                result.isConverged = true
                break
            }
            memory.remember(
                weights: zip(next.weights, result.weights).map { $0 - $1 },
                gradient: zip(next.gradient, gradient).map { $0 - $1 })
            let fall = (current - next.loss) / max(abs(current), abs(next.loss), 1)
            (result.weights, current, gradient) = (next.weights, next.loss, next.gradient)
            result.losses.append(current)
            if fall <= Self.smallestFall { result.isConverged = true }
            if result.isConverged { break }
        }
        if Self.largest(gradient) <= loss.options.tolerance { result.isConverged = true }
        return result
    }

    private func lower(
        _ weights: [Double], _ current: Double, _ gradient: [Double], _ direction: [Double]
    ) -> (weights: [Double], loss: Double, gradient: [Double])? {
        let slope = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
        guard slope > 0 else { return nil }
        var step = 1.0
        for _ in 0..<Self.mostHalvings {
            let moved = zip(weights, direction).map { $0 - step * $1 }
            let (value, newGradient) = loss.value(moved)
            if value.isFinite, value <= current - Self.smallestShare * step * slope {
                return (moved, value, newGradient)
            }
            step /= 2
        }
        return nil
    }

    private static func largest(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }
}
