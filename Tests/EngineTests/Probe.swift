import Glibc
import NornABI

/// A child process that uses an engine and is lost: see Tests/EngineProbe.
final class Probe {
    enum End: Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    private var process: pid_t = 0
    private let output: Int32

    init(_ name: EngineName, scratch: String, mode: String) throws {
        var pipes: [Int32] = [0, 0]
        guard pipe(&pipes) == 0 else { throw EngineFailure(status: NORN_INTERNAL, message: "no pipe") }
        for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        output = pipes[0]
        let arguments = ["\(EngineName.products)/engine-probe", name.library, scratch, mode]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
        var pointers = arguments.map { strdup($0) } + [nil]
        let code = posix_spawn(&process, arguments[0], &actions, nil, &pointers, environ)
        posix_spawn_file_actions_destroy(&actions)
        for pointer in pointers { free(pointer) }
        close(pipes[1])
        if code != 0 { throw EngineFailure(status: NORN_INTERNAL, message: "cannot start \(arguments[0]): \(code)") }
    }

    deinit {
        if process != 0 {
            Glibc.kill(process, SIGKILL)
            _ = wait()
        }
        close(output)
    }

    func kill() { Glibc.kill(process, SIGKILL) }

    /// Returns at the end of the child's first line, or of the child.
    func waitForLine() {
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1 && byte != 10 {}
    }

    func wait() -> End {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        process = 0
        let signal = status & 0x7f
        return signal == 0 ? .exit(status >> 8 & 0xff) : .signal(signal)
    }
}
