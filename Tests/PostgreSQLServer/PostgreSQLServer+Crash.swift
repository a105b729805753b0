import Foundation
import Glibc

/// What `kill -9` does to a server, as the kernel's out-of-memory killer does it.
extension PostgreSQLServer {
    static let goneSecondsMaximum = 30.0

    /// The parent of all its processes; nil when there is none.
    public var postmaster: pid_t? {
        let file = folder.appending(path: "data/postmaster.pid")
        guard let text = try? String(contentsOf: file, encoding: .utf8),
            let pid = text.split(separator: "\n").first.flatMap({ pid_t($0) }), Self.isAlive(pid)
        else { return nil }
        return pid
    }

    /// The processes that serve connections to a database.
    public func backends(of database: String) -> [pid_t] {
        guard let postmaster else { return [] }
        return Self.children(of: postmaster).filter { pid in
            let words = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? ""
            return words.contains(" \(Self.user) \(database) ")
        }
    }

    /// Kills one process that serves connections to a database: the server then drops every connection and recovers.
    /// - Returns: whether there was one.
    public func killBackend(of database: String) -> Bool {
        guard let pid = backends(of: database).randomElement() else { return false }
        return kill(pid, SIGKILL) == 0
    }

    /// Kills the postmaster, and returns when the processes that it leaves have noticed: until then no other one starts.
    /// - Returns: whether there was one.
    public func killPostmaster() throws -> Bool {
        guard let postmaster else { return false }
        let children = Self.children(of: postmaster)
        guard kill(postmaster, SIGKILL) == 0 else { return false }
        let deadline = Date(timeIntervalSinceNow: Self.goneSecondsMaximum)
        while ([postmaster] + children).contains(where: Self.isAlive) {
            guard Date() < deadline else {
                throw PostgreSQLMissing(description: "processes of a killed postmaster live on")
            }
            usleep(10_000)
        }
        removeLocks()
        return true
    }

    /// Where the machine's first process does not reap orphans at once, a dead server's number still seems to live, and
    /// its lock files would keep the next one out.
    private func removeLocks() {
        for name in ["data/postmaster.pid", ".s.PGSQL.\(Self.port).lock"] {
            try? FileManager.default.removeItem(at: folder.appending(path: name))
        }
    }

    private static func children(of parent: pid_t) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { fields(of: $0)?.parent == parent }
    }

    /// A process that waits to be reaped lives no more.
    private static func isAlive(_ pid: pid_t) -> Bool {
        fields(of: pid).map { !["Z", "X"].contains($0.state) } ?? false
    }

    /// State and parent, which follow the name in parentheses, which may hold blanks.
    private static func fields(of pid: pid_t) -> (state: String, parent: pid_t)? {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return nil }
        let words = stat[stat.index(after: end)...].split(separator: " ")
        guard words.count > 1, let parent = pid_t(words[1]) else { return nil }
        return (String(words[0]), parent)
    }
}
