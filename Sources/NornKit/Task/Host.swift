import NornABI

/// The attempt's log. Never rows of data, secrets or keys.
public struct Log: Sendable {
    let attempt: Attempt

    public func debug(_ text: String) { write(NORN_LOG_DEBUG, text) }
    public func info(_ text: String) { write(NORN_LOG_INFO, text) }
    public func warning(_ text: String) { write(NORN_LOG_WARNING, text) }
    public func error(_ text: String) { write(NORN_LOG_ERROR, text) }

    private func write(_ severity: UInt32, _ text: String) {
        text.withNornString { attempt.host.pointee.log?(attempt.host, severity, $0) }
    }
}

/// The host's clocks: components use no other, so that a run can be replayed.
public struct HostClock: Sendable {
    let attempt: Attempt

    public var monotonicNanoseconds: UInt64 { attempt.host.pointee.monotonic_nanoseconds?(attempt.host) ?? 0 }
    public var unixNanoseconds: UInt64 { attempt.host.pointee.unix_nanoseconds?(attempt.host) ?? 0 }
}

/// A cryptographically secure generator, filled from the host in blocks.
public struct HostRandom: RandomNumberGenerator {
    static let blockWords = 512

    private let attempt: Attempt
    private var words: [UInt64] = []

    /// Throws when the host gives no random bytes, so that `next` need not fail later without a word.
    init(attempt: Attempt) throws {
        self.attempt = attempt
        words = try Self.fill(attempt)
    }

    public mutating func next() -> UInt64 {
        if words.isEmpty {
            do { words = try Self.fill(attempt) } catch { fatalError("The host gave no random bytes: \(error)") }
        }
        return words.removeLast()
    }

    private static func fill(_ attempt: Attempt) throws -> [UInt64] {
        var words = [UInt64](repeating: 0, count: blockWords)
        try words.withUnsafeMutableBytes { try attempt.fillRandom($0) }
        return words
    }
}

extension Attempt {
    func fillRandom(_ buffer: UnsafeMutableRawBufferPointer) throws {
        let random = try slot(host.pointee.random, "random")
        let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        try withHostError { random(host, start, UInt64(buffer.count), $0) }
    }
}

extension TaskContext {
    /// The site or the submitter wants the attempt to end.
    public var isCancelled: Bool { attempt.isCancelled }

    /// Throws `ComponentError` with code `cancelled`.
    public func checkCancelled() throws { try attempt.checkCancelled() }

    /// Cryptographically secure.
    public func randomBytes(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { try attempt.fillRandom($0) }
        return bytes
    }

    /// Cryptographically secure, for the standard library's `random(in:using:)` and `shuffle(using:)`.
    public func randomNumberGenerator() throws -> HostRandom { try HostRandom(attempt: attempt) }
}
