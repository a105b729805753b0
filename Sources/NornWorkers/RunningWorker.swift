import Foundation
import Logging
import NornLinux
import NornManifest
import Synchronization

/// Why a worker is told to stop; the number reaches the component's `cancel`.
public enum CancelReason: Int, Sendable {
    case stopped = 1
    case otherPartyEnded = 2
    case leaseEnded = 3
    case timeout = 4
    case siteStops = 5
}

/// One worker that was started. It runs until its `end`, whether or not anybody waits for it.
public final class RunningWorker: Sendable {
    private let mailbag = WorkerMailbag()
    private let outcome: Task<ChannelEnd, Never>
    private let start: WorkerStart?
    private let subject: String
    private let digest: String

    /// Starts a thread that starts the process.
    init(_ plan: LaunchPlan, services: (any AttemptServices)?, logger: Logger) {
        start = plan.start
        subject = plan.start?.component ?? "describe"
        digest = plan.library.hexadecimalDigest
        let (calls, continuation) = AsyncStream<WorkerCall>.makeStream(bufferingPolicy: .unbounded)
        let box = EndBox()
        let mailbag = mailbag
        Thread.detachNewThread {
            box.end.withLock { $0 = plan.serve(mailbag: mailbag) { continuation.yield($0) } }
            continuation.finish()
        }
        outcome = Task.detached {
            await CallDispatcher(services: services, mailbag: mailbag, logger: logger).serve(calls)
            return box.end.withLock { $0 } ?? ChannelEnd()
        }
    }

    /// The process; nil until it has been started.
    public var pid: Int32? { mailbag.state.withLock { $0.pid } }

    /// Tells the component to stop. After the grace its group gets SIGTERM, and `Workers.terminateMilliseconds` later
    /// SIGKILL. A second call can only shorten the grace.
    public func cancel(reason: CancelReason, graceMilliseconds: Int? = nil) {
        let grace = graceMilliseconds ?? start?.graceMilliseconds ?? 0
        mailbag.cancel(reason: reason.rawValue, terminateAt: monotonicMilliseconds() + max(0, grace))
    }

    /// Lets the worker live until then, in milliseconds of `LeaseClock`. One that was started with such a time ends
    /// itself when the newest that it was told has passed.
    public func live(until time: Int) { mailbag.live(until: time) }

    /// Waits for the end. The process has been reaped, and the services are no longer called.
    public func end() async -> AttemptEnd {
        let end = await outcome.value
        let usage = WorkerUsage(
            peakMemoryBytes: end.usage?.peakMemoryBytes ?? Int(end.exit.peak_memory_bytes),
            processorMilliseconds: max(end.usage?.processorMilliseconds ?? 0, Int(end.exit.cpu_milliseconds)))
        return AttemptEnd(outcome: outcome(of: end), usage: usage, denials: end.blackBox?.denials ?? [])
    }

    /// Ends it at once, for what it did: its end is this error, whatever it says itself.
    public func end(because error: AttemptError) { mailbag.end(because: error) }

    /// What a worker in the mode `describe` said.
    func described() async throws(AttemptError) -> [UInt8] {
        let end = await outcome.value
        if case .succeeded = outcome(of: end), let bytes = end.described { return bytes }
        if end.timedOut {
            throw AttemptError(
                code: .deadlineExceeded, flags: .userFault, domain: "norn.worker",
                message: "the plugin did not describe itself within \(Workers.describeMilliseconds) ms")
        }
        throw AttemptEnd(outcome: outcome(of: end), usage: WorkerUsage()).error
            ?? AttemptError(code: .internal, domain: "norn.worker", message: "the plugin described nothing")
    }

    private func outcome(of end: ChannelEnd) -> AttemptEnd.Outcome {
        if let error = end.notStarted ?? end.refusal { return .failed(error) }
        if let violation = end.violation {
            return .failed(
                AttemptError(
                    code: .internal, flags: .hostFault, domain: "norn.worker",
                    message: "the worker of \(subject) broke the channel's protocol and was killed: \(violation.text)"))
        }
        switch end.status {
        case .ok: return .succeeded
        case .cancelled: return .cancelled(killed: false)
        case nil where end.wasCancelled: return .cancelled(killed: end.wasKilled)
        case nil: return .crashed(report(of: end))
        case .some(let status):
            return .failed(end.error ?? AttemptError(code: status, message: "the component failed without a word"))
        }
    }

    private static let outOfMemory =
        "memory: its control group took more than was reserved; raise the component's memory"

    private func report(of end: ChannelEnd) -> CrashReport {
        let box = end.blackBox
        return CrashReport(
            attempt: start?.attempt, component: subject, pluginDigest: digest,
            signal: end.exit.exited == 0 ? Int(end.exit.signal) : nil,
            exitCode: end.exit.exited == 0 ? nil : Int(end.exit.exit_code), phase: box?.phase ?? "",
            currentHostCall: box?.currentCall, lastHostCalls: box?.lastCalls ?? [],
            lastLogLines: box?.lastLines ?? [],
            note: box?.note ?? (end.isOutOfMemory ? Self.outOfMemory : nil))
    }
}

/// Where the channel's thread leaves its result before it ends the stream of calls.
private final class EndBox: Sendable {
    let end = Mutex<ChannelEnd?>(nil)
}
