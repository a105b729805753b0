import Logging

/// Starts workers and is the site's end of their channels.
public final class Workers: Sendable {
    /// What is kept of a component's prints; the rest is counted and dropped.
    public static let outputLimitBytes = 1 << 20
    /// Between SIGTERM and SIGKILL of a worker that did not stop after its grace.
    public static let terminateMilliseconds = 1000

    let executable: String
    let logger: Logger

    /// - Parameter executable: path of `norn-worker`.
    public init(executable: String, logger: Logger) {
        self.executable = executable
        self.logger = logger
    }
}
