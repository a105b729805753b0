import Foundation

/// What runs of this machine left behind that could not clean up: each is named after its process.
enum Leftovers {
    static let folderPrefix = NSTemporaryDirectory() + "norn-faults-"

    /// Removes the namespaces, servers, mounts and folders of runs whose process is gone.
    static func sweep() {
        for name in entries("/run/netns") {
            guard let run = process(of: name, prefix: FaultNetwork.namePrefix), isGone(run) else { continue }
            let inside = (try? Spawn.run(["ip", "netns", "pids", name])) ?? ""
            for process in inside.split(whereSeparator: \.isWhitespace).compactMap({ pid_t($0) }) {
                kill(process, SIGKILL)
            }
            _ = try? Spawn.run(["ip", "netns", "del", name])
        }
        let temporary = URL(filePath: folderPrefix).deletingLastPathComponent().path
        let prefix = URL(filePath: folderPrefix).lastPathComponent
        for name in entries(temporary) {
            guard let run = process(of: name, prefix: prefix), isGone(run) else { continue }
            remove(folder: "\(temporary)/\(name)")
        }
    }

    /// Ends what still uses a run's folder, unmounts what is mounted below it, and deletes it.
    static func remove(folder: String) {
        for process in entries("/proc").compactMap({ pid_t($0) }) where process != getpid() {
            let words = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            // Servers and workers of a run are started from its own copy of the tree.
            if words.hasPrefix(folder + "/") { kill(process, SIGKILL) }
        }
        let mounts = (try? String(contentsOfFile: "/proc/mounts", encoding: .utf8)) ?? ""
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count > 1, fields[1].hasPrefix(folder + "/") { umount2(String(fields[1]), Int32(MNT_DETACH)) }
        }
        // The plugin store's folders are read-only.
        _ = try? Spawn.run(["chmod", "-R", "u+w", folder])
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func entries(_ folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    /// The process in a name: the digits after the prefix.
    private static func process(of name: String, prefix: String) -> pid_t? {
        guard name.hasPrefix(prefix) else { return nil }
        return pid_t(name.dropFirst(prefix.count).prefix { $0.isNumber })
    }

    private static func isGone(_ process: pid_t) -> Bool { kill(process, 0) != 0 && errno == ESRCH }
}
