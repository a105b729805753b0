/// A point on one site's monotonic clock, in milliseconds from an origin that the site chooses when it starts. It is
/// never wall time, and two sites' instants, or those of two runs of one site, are never compared: after a restart
/// each aggregate moves its own by the time that it slept (see `siteRestarted`).
public struct Instant: Codable, Sendable, Hashable, Comparable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    public static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }

    /// The instant so many milliseconds later.
    public static func + (left: Instant, milliseconds: Int64) -> Instant {
        Instant(milliseconds: left.milliseconds + milliseconds)
    }

    /// Milliseconds from the right one to the left one.
    public static func - (left: Instant, right: Instant) -> Int64 { left.milliseconds - right.milliseconds }
}
