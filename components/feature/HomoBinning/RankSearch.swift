/// Doubles as integers of the same order, so that a search of so many halvings as they have bits finds any of them.
enum OrderedDouble {
    static func bits(_ value: Double) -> UInt64 {
        let bits = value.bitPattern
        return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    }

    static func value(_ bits: UInt64) -> Double {
        let value = Double(bitPattern: bits >> 63 == 0 ? ~bits : bits & ~(1 << 63))
        // One zero for both.
        return value == 0 ? 0 : value
    }
}

/// The search of the lowest value whose rank is at least a number, by asking for several ranks at once.
struct ExactSearch: Sendable {
    /// Points that each step asks for: it then goes on in one of one more parts.
    static let points = 15

    /// The rank here is below the wanted one.
    private var low = OrderedDouble.bits(-.infinity)
    /// Here it is not.
    private var high = OrderedDouble.bits(.greatestFiniteMagnitude)
    private let rank: Int64

    init(rank: Int64) { self.rank = rank }

    var isDone: Bool { high - low <= 1 }
    var value: Double { OrderedDouble.value(high) }

    /// Ascending; none when it is done.
    var candidates: [Double] { asked.map(OrderedDouble.value) }

    private var asked: [UInt64] {
        guard !isDone else { return [] }
        let parts = UInt64(Self.points + 1)
        let step = (high - low) / parts
        return step == 0 ? Array(low + 1..<high) : (1..<parts).map { low + $0 * step }
    }

    /// - Parameter counts: of the candidates
    mutating func take(_ counts: ArraySlice<Int64>) {
        for (point, count) in zip(asked, counts) {
            guard count < rank else {
                high = point
                return
            }
            low = point
        }
    }
}

/// The search of a split point between the lowest and the highest value: FATE's recursive query.
struct HalvingSearch: Sendable {
    private var low: Double
    private var high: Double
    private let rank: Int64
    /// By how many rows the rank may be off.
    private let tolerance: Double
    private(set) var isDone = false
    private var found: Double?
    /// The rank of ``value``: two points of one rank would make a bin without rows.
    private(set) var count: Int64

    /// - Parameter rows: the rank of the highest value
    init(low: Double, high: Double, rank: Int64, rows: Int64, tolerance: Double) {
        self.low = low
        self.high = high
        self.rank = rank
        self.tolerance = tolerance
        count = rows
        isDone = !(low < middle && middle < high)
    }

    /// Halves first, so that no sum overflows.
    private var middle: Double { low / 2 + high / 2 }

    var value: Double { found ?? high }
    var candidates: [Double] { isDone ? [] : [middle] }

    mutating func take(_ counts: ArraySlice<Int64>) {
        guard !isDone, let counted = counts.first else { return }
        let isNear = abs(Double(counted) - Double(rank)) <= tolerance
        if counted >= rank || isNear { count = counted }
        if isNear {
            found = middle
            isDone = true
            return
        }
        if counted < rank { low = middle } else { high = middle }
        isDone = !(low < middle && middle < high)
    }
}
