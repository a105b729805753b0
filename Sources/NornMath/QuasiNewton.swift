/// The inverse Hessian of the stochastic quasi-Newton method of Byrd, Hansen, Nocedal and Singer ("A Stochastic
/// Quasi-Newton Method for Large-Scale Optimization", SIAM Journal on Optimization 26, 2016), held as pairs of changes of
/// weights and of the gradient that goes with them.
public struct QuasiNewton: Sendable {
    /// pairs that are remembered
    public let memory: Int
    private var pairs: [(weights: [Double], gradient: [Double])] = []

    /// - Parameter memory: at least 1
    public init(memory: Int) {
        precondition(memory > 0, "a memory of no pair is plain descent")
        self.memory = memory
    }

    public var remembered: Int { pairs.count }

    /// Remembers a pair; the oldest goes where there are too many. A pair along which the loss does not curve upwards
    /// would make a direction that climbs, and is left out.
    /// - Parameters:
    ///   - weights: by how much the (averaged) weights changed
    ///   - gradient: the Hessian times that change
    public mutating func remember(weights: [Double], gradient: [Double]) {
        guard Self.dot(weights, gradient) > 0 else { return }
        if pairs.count == memory { pairs.removeFirst() }
        pairs.append((weights, gradient))
    }

    /// The inverse Hessian times a gradient, by Nocedal's two loops; the gradient itself while nothing is remembered.
    public func direction(_ gradient: [Double]) -> [Double] {
        guard let last = pairs.last else { return gradient }
        var direction = gradient
        var shares: [Double] = []
        for pair in pairs.reversed() {
            let share = Self.dot(pair.weights, direction) / Self.dot(pair.weights, pair.gradient)
            shares.append(share)
            for index in direction.indices { direction[index] -= share * pair.gradient[index] }
        }
        let scale = Self.dot(last.weights, last.gradient) / Self.dot(last.gradient, last.gradient)
        for index in direction.indices { direction[index] *= scale }
        for (pair, share) in zip(pairs, shares.reversed()) {
            let back = Self.dot(pair.gradient, direction) / Self.dot(pair.weights, pair.gradient)
            for index in direction.indices { direction[index] += (share - back) * pair.weights[index] }
        }
        return direction
    }

    private static func dot(_ left: [Double], _ right: [Double]) -> Double {
        zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }
}

/// Weights averaged over every few steps: the change from one average to the next is what a quasi-Newton pair is made of.
public struct AveragedPath: Sendable {
    /// steps of an average
    public let interval: Int
    private var sum: [Double] = []
    private var count = 0
    private var last: [Double]?

    public init(interval: Int) {
        precondition(interval > 0, "an average is over at least one step")
        self.interval = interval
    }

    /// - Parameter weights: before the step
    /// - Returns: the change of the average, whenever one is complete and there was one before
    public mutating func observe(_ weights: [Double]) -> [Double]? {
        sum = count == 0 ? weights : zip(sum, weights).map(+)
        count += 1
        guard count == interval else { return nil }
        let average = sum.map { $0 / Double(interval) }
        count = 0
        defer { last = average }
        return last.map { zip(average, $0).map(-) }
    }
}
