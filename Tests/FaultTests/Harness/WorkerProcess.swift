import Foundation

/// A worker as the kernel sees it.
struct WorkerProcess: Hashable, Sendable {
    static let name = "norn-worker"

    let pid: pid_t
    /// Its folder, which names job, role, party, task and attempt.
    let folder: String

    /// `<job>/<role>_<party>/<task>/<attempt>`; nil outside of an attempt.
    var attempt: String? {
        guard let place = folder.range(of: "/jobs/") else { return nil }
        let names = folder[place.upperBound...].split(separator: "/").prefix(4)
        return names.count == 4 ? names.joined(separator: "/") : nil
    }

    /// Every worker of this machine that is alive; one that waits to be reaped is not.
    static func all() -> [WorkerProcess] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.compactMap(WorkerProcess.init)
    }

    private init?(_ pid: pid_t) {
        // "pid (name) state …": the name may hold blanks, so the state is found from its end.
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"),
            stat[stat.index(after: open)..<close] == Self.name,
            let state = stat[stat.index(after: close)...].split(separator: " ").first, !["Z", "X"].contains(state)
        else { return nil }
        self.pid = pid
        folder = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) ?? ""
    }
}
