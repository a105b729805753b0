/// What the median of a figure should reach on a machine with 2 cores. A missed one is shown, never an error.
enum Target: CustomStringConvertible {
    case atMost(Double)
    case atLeast(Double)

    func isReached(by value: Double) -> Bool {
        switch self {
        case .atMost(let limit): value <= limit
        case .atLeast(let limit): value >= limit
        }
    }

    var description: String {
        switch self {
        case .atMost(let limit): "<= \(Measurement.text(limit))"
        case .atLeast(let limit): ">= \(Measurement.text(limit))"
        }
    }
}
