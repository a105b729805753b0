/// How an attempt's worker ended.
public struct AttemptEnd: Sendable {
    public enum Outcome: Sendable {
        case succeeded
        /// It stopped as it was told to; `killed` when it had to be made to.
        case cancelled(killed: Bool)
        /// The component, or the site on its behalf, says why.
        case failed(AttemptError)
        /// The process ended without a word.
        case crashed(CrashReport)
    }

    public var outcome: Outcome
    public var usage: WorkerUsage
    /// Names of system calls that it tried and the sandbox refused: `socket`.
    public var denials: [String]

    public init(outcome: Outcome, usage: WorkerUsage, denials: [String] = []) {
        self.outcome = outcome
        self.usage = usage
        self.denials = denials
    }

    /// The outcome as an error; nil when it succeeded.
    public var error: AttemptError? {
        switch outcome {
        case .succeeded: nil
        case .cancelled(let killed):
            AttemptError(
                code: .cancelled, domain: "norn.worker",
                message: killed ? "cancelled; the component did not stop in time and was killed" : "cancelled")
        case .failed(let error): error
        case .crashed(let report):
            AttemptError(
                code: .aborted, domain: "norn.worker", message: report.summary)
        }
    }
}

/// What a worker used in its life.
public struct WorkerUsage: Hashable, Sendable {
    public var peakMemoryBytes: Int
    /// User and system time.
    public var processorMilliseconds: Int

    public init(peakMemoryBytes: Int = 0, processorMilliseconds: Int = 0) {
        self.peakMemoryBytes = peakMemoryBytes
        self.processorMilliseconds = processorMilliseconds
    }
}

/// What is known of a worker that ended without saying so, from its exit and its black box.
public struct CrashReport: Hashable, Sendable {
    public var attempt: AttemptIdentity?
    public var component: String
    /// SHA-256 of the component's library, hexadecimal.
    public var pluginDigest: String
    /// The signal that ended it: 11.
    public var signal: Int?
    public var exitCode: Int?
    /// `starting`, `loading`, `describing`, `creating`, `running`, `destroying`; empty before the first.
    public var phase: String
    /// The call into the host that it was in, if any.
    public var currentHostCall: String?
    /// Oldest first.
    public var lastHostCalls: [String]
    /// Oldest first.
    public var lastLogLines: [String]
    /// Why the worker ended itself, if it did.
    public var note: String?

    public init(
        attempt: AttemptIdentity?, component: String, pluginDigest: String, signal: Int?, exitCode: Int?,
        phase: String, currentHostCall: String?, lastHostCalls: [String], lastLogLines: [String], note: String? = nil
    ) {
        self.attempt = attempt
        self.component = component
        self.pluginDigest = pluginDigest
        self.signal = signal
        self.exitCode = exitCode
        self.phase = phase
        self.currentHostCall = currentHostCall
        self.lastHostCalls = lastHostCalls
        self.lastLogLines = lastLogLines
        self.note = note
    }

    /// The report as an error: what the worker says with its exit code, or that it was ended.
    public var error: AttemptError {
        let (code, flags): (StatusCode, ErrorFlags) =
            switch exitCode {
            case Self.sandboxRefused: (.failedPrecondition, .hostFault)
            case Self.memoryExceeded: (.resourceExhausted, .userFault)
            case Self.leaseEnded: (.unavailable, .hostFault)
            default: (.aborted, [])
            }
        return AttemptError(code: code, flags: flags, domain: "norn.worker", message: summary)
    }

    /// Exit codes of the worker, as in `norn_black_box.h`.
    static let (sandboxRefused, memoryExceeded, leaseEnded) = (72, 73, 74)

    /// The worker ended itself, as its site did not let it live on.
    public var hasOutlivedItsLease: Bool { exitCode == Self.leaseEnded }

    /// The signal's name, when it is one that a process raises itself by what it does. Nil for those that others send,
    /// such as SIGKILL of a machine without memory.
    public var ownSignal: String? {
        signal.flatMap { [4, 5, 6, 7, 8, 11, 25, 31].contains($0) ? Self.name(ofSignal: $0) : nil }
    }

    /// `SIGSEGV`; nil without a signal.
    public var signalName: String? { signal.map(Self.name(ofSignal:)) }

    /// One sentence: what ended, of what, where.
    public var summary: String {
        let cause =
            if let signalName { "was ended by \(signalName)" } else { "exited with code \(exitCode ?? -1)" }
        let place = phase.isEmpty ? "before it began" : "while \(phase)"
        let call = currentHostCall.map { " in \($0)" } ?? ""
        let reason = note.map { ": \($0)" } ?? ""
        return "the worker of \(component) \(cause) \(place)\(call) (plugin \(pluginDigest.prefix(12)))\(reason)"
    }

    static func name(ofSignal signal: Int) -> String {
        let names = [
            1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
            9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM", 24: "SIGXCPU", 25: "SIGXFSZ",
            31: "SIGSYS",
        ]
        return names[signal] ?? "signal \(signal)"
    }
}
