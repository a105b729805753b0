import NornABI

/// The attempt's log. Never rows of data, secrets or keys.
public struct Log: Sendable {
    let attempt: Attempt
    public func debug(_ text: String) { fatalError() }
    public func info(_ text: String) { fatalError() }
    public func warning(_ text: String) { fatalError() }
    public func error(_ text: String) { fatalError() }
}

/// The host's clocks: components use no other, so that a run can be replayed.
public struct HostClock: Sendable {
    let attempt: Attempt
    public var monotonicNanoseconds: UInt64 { fatalError() }
    public var unixNanoseconds: UInt64 { fatalError() }
}
final class Attempt: Sendable {}

/// A cryptographically secure generator, filled from the host.
public struct HostRandom: RandomNumberGenerator {
    public mutating func next() -> UInt64 { fatalError() }
}

extension TaskContext {
    /// The site or the submitter wants the attempt to end.
    public var isCancelled: Bool { fatalError() }
    /// Throws `ComponentError` with code `cancelled`.
    public func checkCancelled() throws { fatalError() }
    /// Cryptographically secure.
    public func randomBytes(_ count: Int) throws -> [UInt8] { fatalError() }
    /// Cryptographically secure, for the standard library's `random(in:using:)` and `shuffle(using:)`.
    public func randomNumberGenerator() -> HostRandom { fatalError() }
}
