import NornABI

/// Which of many host calls are tried, when trying all would take too long.
enum CallChoice {
    /// All of 1 ... count, or `maximum` of them: the first, the last, and others evenly between, shifted by the seed.
    static func choose(of count: Int, maximum: Int, seed: UInt64) -> [Int] {
        guard count > maximum else { return count < 1 ? [] : Array(1...count) }
        guard maximum > 2 else { return [1] }
        let step = Double(count - 2) / Double(maximum - 2)
        let shift = Double(seed % 97) / 97 * step
        let between = (0..<(maximum - 2)).map { min(count - 1, max(2, 2 + Int(Double($0) * step + shift))) }
        return Array(Set([1, count] + between)).sorted()
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, anywhere.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
