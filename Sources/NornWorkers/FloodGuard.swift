/// Keeps one worker from flooding the site. What it tells beyond a rate waits, and so does the worker: its socket is
/// not read on. One that goes on like that is ended.
struct FloodGuard {
    /// Log lines, metrics and other one-way calls that may come at once.
    static let burst = 2000
    /// And for each second after that.
    static let perSecond = 1000
    /// Calls that had to wait before a worker counts as a flood: five seconds of nothing else.
    static let delayedMaximum = 5000
    /// Calls that wait together, as short sleeps are not exact.
    static let debtMaximum = 32
    /// Calls that the site had to refuse.
    static let refusedMaximum = 10_000

    private var tokens: Double
    private var filledAt: Int
    private var delayed = 0

    init(now: Int) {
        tokens = Double(Self.burst)
        filledAt = now
    }

    enum Admission: Equatable {
        case now
        case after(milliseconds: Int)
        /// It floods.
        case never
    }

    /// Takes one call.
    /// - Parameter now: monotonic milliseconds.
    mutating func admit(now: Int) -> Admission {
        let earned = Double(now - filledAt) * Double(Self.perSecond) / 1000
        tokens = min(tokens + earned, Double(Self.burst)) - 1
        filledAt = now
        guard tokens < 0 else { return .now }
        delayed += 1
        guard delayed <= Self.delayedMaximum else { return .never }
        guard tokens <= Double(-Self.debtMaximum) else { return .now }
        return .after(milliseconds: Int((-tokens / Double(Self.perSecond) * 1000).rounded(.up)))
    }
}
