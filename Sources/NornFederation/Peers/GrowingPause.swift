/// Pauses between tries: each up to twice as long as the one before, with jitter so that sites that lost each other do
/// not all come back in the same moment.
public struct GrowingPause: Sendable {
    public static let firstMilliseconds = 100
    public static let longestMilliseconds = 10_000

    private var milliseconds = firstMilliseconds

    public init() {}

    /// Between half of the current length and all of it.
    public mutating func next() -> Duration {
        defer { milliseconds = min(milliseconds * 2, Self.longestMilliseconds) }
        return .milliseconds(Int.random(in: milliseconds / 2...milliseconds))
    }
}
