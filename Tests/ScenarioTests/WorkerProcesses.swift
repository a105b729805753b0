import Foundation
import NIOHTTP1

/// The workers of servers as the kernel sees them.
struct WorkerProcess: Hashable {
    static let name = "norn-worker"
    static let appearSecondsMaximum = 30.0
    static let vanishSecondsMaximum = 15.0

    let pid: Int32
    let parent: Int32
    /// Its folder, which names job, role, party, task and attempt.
    let folder: String

    /// Every worker on this machine that is alive; one that waits to be reaped is not.
    static func all() -> [WorkerProcess] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.compactMap(WorkerProcess.init)
    }

    private init?(pid: Int32) {
        // "pid (name) state parent ...": the name may hold blanks, so the fields are counted from its end.
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"),
            stat[stat.index(after: open)..<close] == Self.name
        else { return nil }
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        guard fields.count > 1, fields[0] != "Z", fields[0] != "X", let parent = Int32(fields[1]) else { return nil }
        self.pid = pid
        self.parent = parent
        folder = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) ?? ""
    }
}

extension SiteUnderTest {
    /// The workers of a job of this site, also those that lost their server.
    func workers(of job: String) -> [WorkerProcess] {
        WorkerProcess.all().filter { $0.folder.hasPrefix(home.path) && $0.folder.contains(job) }
    }

    /// Waits until workers of a job run, one of each of the parties: "guest_9999".
    func workers(of job: String, task: String, parties: [String]) async throws -> [WorkerProcess] {
        try await eventually("workers of \(task)", seconds: WorkerProcess.appearSecondsMaximum) {
            let found = parties.compactMap { party in
                workers(of: job).first { $0.folder.contains("/\(party)/\(task)/") }
            }
            return found.count == parties.count ? found : nil
        }
    }

    /// Waits until no worker of the job is alive.
    func workersGone(of job: String) async throws {
        _ = try await eventually("the end of all workers", seconds: WorkerProcess.vanishSecondsMaximum) {
            workers(of: job).isEmpty ? true : nil
        }
    }

    /// Waits until nothing of the site's cores is held.
    func nothingHeld() async throws {
        _ = try await eventually("nothing held", seconds: WorkerProcess.vanishSecondsMaximum) {
            let resources = try await call(.GET, "/api/site").object["resources"] as? [String: Any]
            return resources?["coresHeld"] as? Int == 0 && resources?["memoryBytesHeld"] as? Int == 0 ? true : nil
        }
    }
}

/// Asks again and again until there is an answer, and fails by name when none comes in time.
func eventually<Value>(
    _ what: String, seconds: Double, _ question: () async throws -> Value?
) async throws -> Value {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while Date() < deadline {
        if let value = try await question() { return value }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw ScenarioFailure("\(what) did not come within \(seconds) s")
}
