import Foundation
import Glibc
import NornKit

/// A norn-worker process for one party of a run, started as a site starts it but for the sandbox.
struct WorkerLaunch {
    private static let channelDescriptor: Int32 = 3
    private static let sampleSeconds = 0.002

    let process: pid_t

    /// - Parameter channel: the attempt's end; this process's copy is closed
    init(program: String, channel: Int32) throws {
        defer { close(channel) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, channel, Self.channelDescriptor)
        let name = strdup(program)
        let variable = strdup("SWIFT_BACKTRACE=enable=no")
        defer {
            free(name)
            free(variable)
        }
        var process: pid_t = 0
        let code = posix_spawn(&process, program, &actions, nil, [name, nil], [variable, nil])
        guard code == 0 else {
            throw TestHostError("\(program) cannot be started: \(String(cString: strerror(code))).")
        }
        self.process = process
    }

    /// Blocks until the process has ended, and looks at its threads meanwhile.
    func measure() -> WorkerMeasure {
        var measure = WorkerMeasure()
        var demand = ThreadDemand(of: process)
        let start = Self.milliseconds()
        var usage = rusage()
        var status: Int32 = 0
        while wait4(process, &status, WNOHANG, &usage) == 0 {
            if let busy = demand.busyThreads() { measure.add(busy: busy) }
            Thread.sleep(forTimeInterval: Self.sampleSeconds)
        }
        measure.wallMilliseconds = Self.milliseconds() - start
        measure.cpuMilliseconds =
            (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000
            + Int(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000
        return measure
    }

    private static func milliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
