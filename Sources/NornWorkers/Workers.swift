import Foundation
import Logging
import NornLinux
import NornManifest
import Synchronization

/// Starts workers and is the site's end of their channels: one thread for each, which ends with its worker.
public final class Workers: Sendable {
    /// What is kept of a component's prints; the rest is counted and dropped.
    public static let outputLimitBytes = 1 << 20
    /// Between SIGTERM and SIGKILL of a worker that did not stop after its grace.
    public static let terminateMilliseconds = 1000
    /// How long a plugin may take to describe itself, with the start of its worker.
    public static let describeMilliseconds = 10_000
    /// How often a site that is PID 1, or a subreaper, looks for orphans.
    public static let orphansMilliseconds = 2000

    private let executable: String
    private let logger: Logger
    private let groups: WorkerCgroups?
    private let live = Mutex<[ObjectIdentifier: RunningWorker]>([:])

    /// - Parameters:
    ///   - executable: path of `norn-worker`.
    ///   - groups: control groups for workers, where the site may make them.
    public init(executable: String, logger: Logger, groups: WorkerCgroups? = nil) {
        self.executable = executable
        self.logger = logger
        self.groups = groups
    }

    /// Starts an attempt. It never throws: a worker that could not be started ends as `failed`, with `unavailable`.
    public func start(_ start: WorkerStart, services: any AttemptServices) -> RunningWorker {
        let plan = LaunchPlan(
            executable: executable, directory: start.scratch, printsPath: start.outputFile,
            backtrace: start.backtrace, library: start.componentPlugin, first: start.message, start: start,
            groups: groups)
        let worker = RunningWorker(plan, services: services, logger: logger)
        live.withLock { $0[ObjectIdentifier(worker)] = worker }
        Task.detached { [self] in
            _ = await worker.end()
            live.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(worker)) }
        }
        return worker
    }

    /// Starts an attempt and waits for its end; a cancelled task cancels the worker.
    public func run(_ start: WorkerStart, services: any AttemptServices) async -> AttemptEnd {
        let worker = self.start(start, services: services)
        return await withTaskCancellationHandler {
            await worker.end()
        } onCancel: {
            worker.cancel(reason: .stopped)
        }
    }

    public var liveCount: Int { live.withLock { $0.count } }

    /// Ends all workers, each with this grace, and waits until the last has gone.
    public func endAll(reason: CancelReason, graceMilliseconds: Int) async {
        let workers = live.withLock { Array($0.values) }
        for worker in workers { worker.cancel(reason: reason, graceMilliseconds: graceMilliseconds) }
        for worker in workers { _ = await worker.end() }
    }

    /// Loads a library in a throw-away worker and answers what it says of itself: CBOR
    /// `{"plugin","components","engines"}`.
    /// - Throws: the plugin's own error, `deadlineExceeded`, or how its worker crashed.
    public func describe(_ library: PluginLibrary) async throws(AttemptError) -> [UInt8] {
        let plan = LaunchPlan(
            executable: executable, directory: "/", printsPath: "", backtrace: false, library: library,
            first: [
                "do": "start", "mode": "describe", "component_plugin": library.message,
                "read": .array(library.readable.map { .text($0) }),
            ],
            limitMilliseconds: Self.describeMilliseconds)
        return try await RunningWorker(plan, services: nil, logger: logger).described()
    }

    /// Reaps what workers left behind, for as long as the task lives. For a site that is PID 1 or wants no stray
    /// process to outlive a worker; it makes the site a subreaper. All other children of this process must have been
    /// started by this module.
    public func reapOrphans() async {
        if norn_linux_become_subreaper() != 0 { logger.notice("this kernel has no subreaper") }
        while !Task.isCancelled {
            let count = norn_linux_reap_orphans()
            if count > 0 { logger.info("reaped orphans of workers", metadata: ["count": "\(count)"]) }
            try? await Task.sleep(for: .milliseconds(Self.orphansMilliseconds))
        }
    }
}
