import Foundation

/// Processes of the tests, each known by its id alone.
enum Spawn {
    /// Starts a program; its output and errors are appended to a file.
    static func start(_ arguments: [String], output: String, environment: [String: String] = [:]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let merged = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        var variables = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
        var words = arguments.map { strdup($0) } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var process: pid_t = 0
        let status = posix_spawnp(&process, arguments[0], &actions, nil, &words, &variables)
        guard status == 0 else { throw FaultFailure("\(arguments[0]): \(String(cString: strerror(status)))") }
        return process
    }

    /// Waits for a process of ours, and gives its exit code, or minus the signal that ended it.
    @discardableResult
    static func wait(_ process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
    }

    /// Whether a process of ours has ended by itself; it is not reaped.
    static func hasEnded(_ process: pid_t) -> Bool {
        var information = siginfo_t()
        return waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) != 0
            || information._sifields._sigchld.si_pid == process
    }

    /// Runs a program to its end and gives what it wrote.
    /// - Throws: with its errors when it fails.
    @discardableResult
    static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> String {
        let file = NSTemporaryDirectory() + "/norn-fault-output-" + UUID().uuidString
        defer { unlink(file) }
        let status = wait(try start(arguments, output: file, environment: environment))
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        guard status == 0 else {
            throw FaultFailure("\(arguments.joined(separator: " ")) ended with \(status): \(text)")
        }
        return text
    }
}
