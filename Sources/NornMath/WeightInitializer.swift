import Glibc

/// How a model's weights begin.
public enum WeightInitializer: Sendable, Hashable {
    case zeros
    case ones
    case constant(Double)
    /// uniform in 0 ..< 1
    case uniform
    /// mean 0, standard deviation 1
    case normal

    public func weights(_ count: Int, using generator: inout some RandomNumberGenerator) -> [Double] {
        switch self {
        case .zeros: [Double](repeating: 0, count: count)
        case .ones: [Double](repeating: 1, count: count)
        case .constant(let value): [Double](repeating: value, count: count)
        case .uniform: (0..<count).map { _ in Double.random(in: 0..<1, using: &generator) }
        case .normal: (0..<count).map { _ in Self.gaussian(using: &generator) }
        }
    }

    /// Marsaglia's polar method needs no trigonometry.
    private static func gaussian(using generator: inout some RandomNumberGenerator) -> Double {
        while true {
            let x = Double.random(in: -1...1, using: &generator)
            let y = Double.random(in: -1...1, using: &generator)
            let square = x * x + y * y
            if square > 0, square < 1 { return x * (-2 * log(square) / square).squareRoot() }
        }
    }
}

/// A generator whose numbers follow from a seed (SplitMix64): for weights and shuffles that can be repeated, never for
/// secrets.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
