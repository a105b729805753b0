import Glibc
import NornManifest

/// A process that tries one rule. It tells on a pipe of its own what it is at and what came of it, so that a plugin that
/// prints, crashes or hangs is a result like any other.
struct RuleProcess {
    /// Where the process tells; its standard streams are the plugin's to spoil.
    static let reportDescriptor: Int32 = 3
    /// Enough for hundreds of parameter sets of dozens of components, each told before it is tried.
    private static let reportBytesMaximum = 16 << 20
    private static let errorBytesMaximum = 1 << 16

    private let process: pid_t
    private let report: Int32
    private let errors: Int32

    init(arguments: [String]) throws(CheckError) {
        var told: [Int32] = [-1, -1]
        var printed: [Int32] = [-1, -1]
        guard pipe(&told) == 0, pipe(&printed) == 0 else {
            throw CheckError("No pipe for a rule's process: \(String(cString: strerror(errno))).")
        }
        for end in told + printed { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { for end in [told[1], printed[1]] { close(end) } }
        var process: pid_t = 0
        let code = Self.spawn(&process, arguments, report: told[1], errors: printed[1])
        guard code == 0 else {
            for end in [told[0], printed[0]] { close(end) }
            throw CheckError("\(arguments[0]) cannot be started: \(String(cString: strerror(code))). Reinstall Norn.")
        }
        self.process = process
        report = told[0]
        errors = printed[0]
    }

    private static func spawn(_ process: inout pid_t, _ arguments: [String], report: Int32, errors: Int32) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, errors, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        posix_spawn_file_actions_adddup2(&actions, report, reportDescriptor)
        // A group of its own: what the plugin starts ends with it.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        // A crash is a finding, not worth seconds of backtraces.
        let environment = Self.environment + ["SWIFT_BACKTRACE=enable=no"]
        let program = arguments[0]
        return withTexts(arguments) { arguments in
            withTexts(environment) { environment in
                posix_spawn(&process, program, &actions, &attributes, arguments, environment)
            }
        }
    }

    private static var environment: [String] {
        var texts: [String] = []
        var place = environ
        while let text = place.pointee {
            let entry = String(cString: text)
            if !entry.hasPrefix("SWIFT_BACKTRACE=") { texts.append(entry) }
            place += 1
        }
        return texts
    }

    private static func withTexts<Result>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = texts.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return body(copies + [nil])
    }

    /// Waits for the process's end, and ends it when the time is over.
    func result(of rule: Int, limitSeconds: Int) -> RuleResult {
        var told: [UInt8] = []
        var printed: [UInt8] = []
        let isTimeUp = !read(&told, &printed, milliseconds: limitSeconds * 1000)
        // The whole group, once the pipes are closed or the time is over: nothing of a plugin outlives its rule.
        kill(-process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        close(report)
        close(errors)
        let lines = RuleReport(bytes: told)
        if let result = lines.result { return result }
        let place = lines.place.map { " while \($0)" } ?? ""
        let tail = Self.tail(printed)
        if isTimeUp { return .failed(rule, "it was not done after \(limitSeconds) s\(place)\(tail)") }
        let signal = status & 0x7f
        let how = signal != 0 ? "died by \(Self.name(ofSignal: signal))" : "ended with exit code \(status >> 8 & 0xff)"
        return .failed(rule, "the process \(how)\(place)\(tail)")
    }

    /// - Returns: false when the time was over first.
    private func read(_ told: inout [UInt8], _ printed: inout [UInt8], milliseconds: Int) -> Bool {
        let end = Self.now() + milliseconds
        var isOpen = true
        while isOpen {
            let left = end - Self.now()
            if left <= 0 { return false }
            var polled = [
                pollfd(fd: report, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
            ]
            // A process that the plugin left behind may hold the pipes open: look at the rule's own, too.
            _ = poll(&polled, 2, Int32(min(left, 200)))
            if polled[0].revents != 0 {
                isOpen = Self.append(report, to: &told, maximum: Self.reportBytesMaximum)
                if RuleReport(bytes: told).result != nil { return true }
            }
            if polled[1].revents != 0 { _ = Self.append(errors, to: &printed, maximum: Self.errorBytesMaximum) }
            guard polled.allSatisfy({ $0.revents == 0 }), hasExited else { continue }
            // It may have told its result, and ended, since the look.
            while Self.hasNews(report), Self.append(report, to: &told, maximum: Self.reportBytesMaximum) {}
            while Self.hasNews(errors), Self.append(errors, to: &printed, maximum: Self.errorBytesMaximum) {}
            return true
        }
        return true
    }

    /// Looks without taking the status away.
    private var hasExited: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == SIGCHLD
    }

    private static func hasNews(_ descriptor: Int32) -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) > 0
    }

    /// - Returns: false at the pipe's end. Beyond the maximum bytes are read and dropped.
    private static func append(_ descriptor: Int32, to bytes: inout [UInt8], maximum: Int) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count > 0 { bytes += buffer.prefix(min(count, max(0, maximum - bytes.count))) }
        return count > 0
    }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    /// The last line that was printed: an assertion's text, perhaps.
    private static func tail(_ printed: [UInt8]) -> String {
        let lines = String(decoding: printed.suffix(2048), as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.last.map { "; it printed: \($0.prefix(300))" } ?? ""
    }

    private static func name(ofSignal signal: Int32) -> String {
        let names = [
            SIGSEGV: "SIGSEGV", SIGABRT: "SIGABRT", SIGILL: "SIGILL", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE",
            SIGKILL: "SIGKILL", SIGTERM: "SIGTERM", SIGTRAP: "SIGTRAP", SIGPIPE: "SIGPIPE",
        ]
        return names[signal] ?? "signal \(signal)"
    }
}
