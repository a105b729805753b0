import NornFlow

/// A store that cannot write for a while: its disk is full, or its server is away. The site lives on and tries again
/// with growing pauses.
struct StoreTrouble {
    /// Tries before whoever waits for an input is told that it was not written.
    static let triesAtOnce = 10
    static let shortPause = Duration.milliseconds(100)
    static let firstPauseMilliseconds: Int64 = 250
    static let longestPauseMilliseconds: Int64 = 5_000

    private var pauseMilliseconds: Int64 = 0
    private var pausesUntil = Instant(milliseconds: .min)

    var isThere: Bool { pauseMilliseconds > 0 }

    func pauses(at now: Instant) -> Bool { isThere && now < pausesUntil }

    mutating func end() { pauseMilliseconds = 0 }

    /// Milliseconds until the next try.
    mutating func nextPause(at now: Instant) -> Int64 {
        pauseMilliseconds = min(max(pauseMilliseconds * 2, Self.firstPauseMilliseconds), Self.longestPauseMilliseconds)
        pausesUntil = now + pauseMilliseconds
        return pauseMilliseconds
    }
}

extension HeartDriver.Input {
    /// What it is for, for the log.
    var subject: String {
        switch self {
        case .submit(let job): "job \(job.id)"
        case .coordinator(let job, _): "coordinator \(job)"
        case .member(let key, _): "member \(key)"
        case .ledger: "ledger"
        case .message(let message): "message of \(message.from.text) on \(message.job)"
        }
    }
}
