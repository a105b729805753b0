/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, the same everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A stream of its own for each subject, so that leaving one out does not change what the others draw.
    init(seed: UInt64, stream: Stream, number: Int = 0) {
        var mixer = SeededGenerator(seed: seed &+ stream.rawValue &* 0xD1B5_4A32_D192_ED03)
        state = mixer.next() &+ UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15
        state = next()
    }

    enum Stream: UInt64 {
        case jobs = 1
        case actions, messages, sites, timedFaults, faults, workers, people, unwritten
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True so many times in ten thousand.
    mutating func happens(_ tenThousandths: Int) -> Bool {
        tenThousandths > 0 && Int(next() % 10_000) < tenThousandths
    }

    mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func index(below count: Int) -> Int { Int(next() % UInt64(max(1, count))) }
}
