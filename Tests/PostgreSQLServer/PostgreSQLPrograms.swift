import Foundation
import Glibc

/// Why the tests have no PostgreSQL.
public struct PostgreSQLMissing: Error, CustomStringConvertible {
    public let description: String
}

/// Where PostgreSQL's programs are, and as whom they run: `postgres` refuses root.
struct PostgreSQLPrograms: Sendable {
    static let unprivilegedUser: uid_t = 65534

    private let folder: URL
    private let prefix: [String]

    init() throws {
        guard let folder = Self.folders().first(where: Self.hasServer) else {
            throw PostgreSQLMissing(
                description: "these tests need PostgreSQL's initdb, pg_ctl and psql: run conf/setup.sh")
        }
        self.folder = folder
        guard geteuid() == 0 else {
            prefix = []
            return
        }
        let user = "\(Self.unprivilegedUser)"
        prefix = ["/usr/bin/env", "setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
    }

    private static func hasServer(_ folder: URL) -> Bool {
        ["initdb", "pg_ctl", "postgres", "psql"].allSatisfy {
            FileManager.default.isExecutableFile(atPath: folder.appending(path: $0).path)
        }
    }

    /// PATH, then where packages of Debian put each major version, newest first.
    private static func folders() -> [URL] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let root = URL(filePath: "/usr/lib/postgresql")
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        let packaged = versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { root.appending(path: "\($0)/bin") }
        let configured = (try? output(["/usr/bin/env", "pg_config", "--bindir"], in: URL(filePath: "/"))).map {
            [URL(filePath: $0.trimmingCharacters(in: .whitespacesAndNewlines))]
        }
        return path.split(separator: ":").map { URL(filePath: String($0)) } + (configured ?? []) + packaged
    }

    /// Gives a folder to the user who runs the server.
    func own(_ folder: URL) throws {
        guard geteuid() == 0 else { return }
        guard chown(folder.path, Self.unprivilegedUser, Self.unprivilegedUser) == 0 else {
            throw PostgreSQLMissing(description: "the folder of the test's PostgreSQL cannot change its owner")
        }
    }

    func command(_ program: String, _ arguments: [String]) -> [String] {
        prefix + [folder.appending(path: program).path] + arguments
    }

    /// Runs a program to its end and gives what it printed.
    @discardableResult
    func run(_ program: String, _ arguments: [String], in directory: URL) throws -> String {
        try Self.output(command(program, arguments), in: directory)
    }

    private static func output(_ command: [String], in directory: URL) throws -> String {
        // A file, not a pipe: a server that a program leaves running would hold the pipe open.
        let file = FileManager.default.temporaryDirectory.appending(path: "norn-pg-out-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let pid = try spawn(command, input: open("/dev/null", O_RDONLY | O_CLOEXEC), output: file.path, in: directory)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        guard status == 0 else {
            throw PostgreSQLMissing(description: "\(command.joined(separator: " ")) failed: \(text.suffix(500))")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Foundation's `Process` waits for everyone who inherited its socket, so for ever for a server. Takes `input`.
    static func spawn(_ command: [String], input: Int32, output: String, in directory: URL) throws -> pid_t {
        defer { close(input) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let command = ["/usr/bin/env", "-C", directory.path] + command
        let arguments = command.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, command[0], &actions, nil, arguments, environ)
        guard result == 0 else {
            throw PostgreSQLMissing(description: "\(command[0]) cannot be run: \(String(cString: strerror(result)))")
        }
        return pid
    }
}
