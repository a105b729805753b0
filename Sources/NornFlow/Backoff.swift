/// How long the next attempt of a task waits, by what ended the one before: longer each time in a row.
enum Backoff {
    /// A component that failed, or a worker that crashed: the user's delay, and at most so long.
    static let longestOnRequestMilliseconds: Int64 = 600_000
    /// A crash may come from a machine without memory: at least so long.
    static let crashMilliseconds: Int64 = 2_000
    /// A site that could not start a worker needs a moment.
    static let notStartedMilliseconds: Int64 = 5_000
    /// After a restart or a lost lease: parties come back at different times.
    static let recoveryMilliseconds: Int64 = 1_000
    static let longestRecoveryMilliseconds: Int64 = 60_000
    /// Who was preempted lets the others go first; the gathering of resources waits besides.
    static let preemptedMilliseconds: Int64 = 2_000

    /// - Parameters:
    ///   - code: what ended the attempt; nil: it is not known.
    ///   - earlier: how many attempts in a row ended so before.
    ///   - requestedSeconds: what the submitter asked for.
    static func pauseMilliseconds(after code: Failure.Code?, earlier: Int, requestedSeconds: Int) -> Int64 {
        let requested = Int64(max(0, min(requestedSeconds, Int(longestOnRequestMilliseconds / 1_000)))) * 1_000
        switch code {
        case .taskTimeout: return requested
        case .componentFailed: return doubled(requested, earlier, longestOnRequestMilliseconds)
        case .workerCrashed: return doubled(max(requested, crashMilliseconds), earlier, longestOnRequestMilliseconds)
        case .workerNotStarted:
            return doubled(max(requested, notStartedMilliseconds), earlier, longestOnRequestMilliseconds)
        case .preempted: return doubled(preemptedMilliseconds, earlier, longestRecoveryMilliseconds)
        default: return doubled(recoveryMilliseconds, earlier, longestRecoveryMilliseconds)
        }
    }

    private static func doubled(_ first: Int64, _ times: Int, _ longest: Int64) -> Int64 {
        min(first << Int64(max(0, min(times, 20))), longest)
    }
}
