import Glibc
import NornLinux

/// What one started process is made of: the site's ends of what it was given. Closes them when it goes.
struct WorkerProcess: ~Copyable {
    let pid: pid_t
    /// -1 where the kernel has none.
    let pidDescriptor: Int32
    let channel: Int32
    let blackBox: Int32
    /// The component's prints; never blocks.
    let prints: Int32
    /// Goes with this value.
    private let group: WorkerCgroup?

    /// Starts a worker in its working directory.
    /// - Throws: `unavailable` with the system's reason.
    init(
        executable: String, directory: String, backtrace: Bool, hasNetwork: Bool, group: WorkerCgroup? = nil
    ) throws(AttemptError) {
        var pair: [Int32] = [-1, -1]
        var pipe: [Int32] = [-1, -1]
        let box = norn_linux_memory_file("norn-black-box", BlackBox.byteCount)
        let paired = norn_linux_packet_pair(&pair)
        let piped = norn_linux_print_pipe(&pipe)
        defer {
            for descriptor in [pair[1], pipe[1]] where descriptor >= 0 { _ = close(descriptor) }
        }
        var started: pid_t = -1
        var startedDescriptor: Int32 = -1
        var result = box < 0 ? box : paired < 0 ? paired : piped
        if result == 0 {
            result = Self.spawn(
                executable, directory: directory, backtrace: backtrace, hasNetwork: hasNetwork, group: group,
                channel: pair[1], blackBox: box,
                output: pipe[1], pid: &started, pidDescriptor: &startedDescriptor)
        }
        guard result == 0 else {
            for descriptor in [pair[0], pipe[0], box] where descriptor >= 0 { _ = close(descriptor) }
            throw AttemptError(
                code: .unavailable, flags: .hostFault, domain: "norn.worker",
                message: "the worker \(executable) could not be started: \(String(cString: strerror(-result)))")
        }
        self.group = group
        pid = started
        pidDescriptor = startedDescriptor
        channel = pair[0]
        blackBox = box
        prints = pipe[0]
    }

    private static func spawn(
        _ executable: String, directory: String, backtrace: Bool, hasNetwork: Bool, group: WorkerCgroup?,
        channel: Int32, blackBox: Int32, output: Int32,
        pid: inout pid_t, pidDescriptor: inout Int32
    ) -> Int32 {
        let environment = [
            "SWIFT_BACKTRACE=enable=\(backtrace ? "yes" : "no")", "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
        ]
        return withTerminatedStrings(["norn-worker"]) { arguments in
            withTerminatedStrings(environment) { variables in
                executable.withCString { path in
                    directory.withCString { folder in
                        var request = norn_linux_spawn_request(
                            path: path, arguments: arguments, environment: variables, directory: folder,
                            channel: channel, black_box: blackBox, output: output,
                            control_group: group?.processes ?? -1,
                            // Where the machine has none, the filter of system calls is the wall.
                            empty_network: hasNetwork || norn_linux_empty_network() != 0 ? 0 : 1)
                        return norn_linux_spawn(&request, &pid, &pidDescriptor)
                    }
                }
            }
        }
    }

    /// True when it has ended, reaped or not.
    var hasEnded: Bool { norn_linux_has_ended(pid) != 0 }

    /// Whether its control group ended it for its memory.
    var isOutOfMemory: Bool { group?.isOutOfMemory ?? false }

    /// Signals it with everything that it started.
    func signalGroup(_ signal: Int32) { _ = norn_linux_kill_group(pid, signal) }

    /// Takes its exit, and first ends what is left of its group: until then the group's number is nobody else's.
    func reap() -> norn_linux_exit {
        signalGroup(SIGKILL)
        var end = norn_linux_exit()
        _ = norn_linux_reap(pid, 1, &end)
        return end
    }

    deinit {
        for descriptor in [pidDescriptor, channel, blackBox, prints] where descriptor >= 0 { _ = close(descriptor) }
    }
}

/// A C array of C strings with a null at its end.
private func withTerminatedStrings<Value>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
) -> Value {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    defer { pointers.forEach { free($0) } }
    pointers.append(nil)
    return pointers.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("the array holds at least its null") }
        return body(base)
    }
}
