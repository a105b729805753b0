import Foundation
import NIOHTTP1
import PostgreSQLServer
import ProbeHarness

/// Schedulers of one site on one database and one home. Their jobs are probes of two parties, which run until the test
/// releases them and mark outside of the site how they lived.
final class SchedulersUnderTest {
    static let leaseSeconds = 3
    static let startSecondsMaximum = 60.0
    static let runningSecondsMaximum = 300.0
    /// Longer than any test waits before it releases them.
    static let probeMilliseconds = 3_600_000

    let server: PostgreSQLServer
    let database: String
    /// Its process is the scheduler that was started first.
    let site: SiteUnderTest
    private(set) var standby: Process?
    private(set) var standbyAddress = ""
    /// The installed tree with the probe, the marks, and what releases the probes.
    private let folder: URL

    /// - Parameters:
    ///   - cores: what the site lends: how many attempts run at once.
    ///   - server: a server of the test's own when the test stops it.
    init(cores: Int = 64, server: PostgreSQLServer? = nil) async throws {
        let server = try server ?? PostgreSQLServer.common()
        let address = try server.makeDatabase()
        self.server = server
        database = PostgreSQLServer.name(of: address)
        folder = FileManager.default.temporaryDirectory.appending(path: "norn-schedulers-\(UUID().uuidString)")
        let tree = try await Self.tree(in: folder)
        // Marks are written outside of the home, so workers are not confined to it.
        site = try await SiteUnderTest(tree: tree) { home in
            let settings = """
                store: {url: "\(address)"}
                scheduling: {store_lease_seconds: \(Self.leaseSeconds)}
                sandbox: {landlock: false}
                resources: {cores: \(cores), attempts_per_core: 1, memory_megabytes: 262144, attempts_at_once: 512}
                """
            try settings.write(to: home.appending(path: "site.yaml"), atomically: true, encoding: .utf8)
        }
    }

    deinit {
        if let standby, standby.isRunning { kill(standby.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: folder)
    }

    private static func tree(in folder: URL) async throws -> URL {
        try StagedTree.check()
        let (tree, marks) = (folder.appending(path: "tree"), folder.appending(path: "marks"))
        try FileManager.default.createDirectory(at: marks, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: StagedTree.root, to: tree)
        try ProbePlugin.add(to: tree.path)
        return tree
    }

    /// Starts a second scheduler and waits until it answers.
    func startStandby() async throws {
        let process = Process()
        process.executableURL = folder.appending(path: "tree/bin/norn")
        process.arguments = ["serve", "--home", site.home.path, "--port", "0"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let log = site.home.appending(path: "standby.log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let errors = try FileHandle(forWritingTo: log)
        defer { try? errors.close() }
        process.standardError = errors
        try process.run()
        standby = process
        let file = site.home.appending(path: "run/standby-\(process.processIdentifier).json")
        standbyAddress = try await eventually("the standby's listener", seconds: Self.startSecondsMaximum) {
            guard process.isRunning else {
                let text = try String(contentsOf: log, encoding: .utf8)
                throw ScenarioFailure("the standby ended with \(process.terminationStatus): \(text.suffix(800))")
            }
            guard let data = try? Data(contentsOf: file) else { return nil }
            return (try? JSONSerialization.jsonObject(with: data) as? [String: Any])?["address"] as? String
        }
    }

    /// Waits until the standby is active, and tells how long that took.
    func takeover(since start: Date) async throws -> Double {
        _ = try await eventually("the takeover", seconds: 60) {
            let answer = try await self.site.call(.GET, self.standbyAddress + "/api/site")
            return answer.object["scheduler"] as? String == "active" ? true : nil
        }
        site.callAt(standbyAddress)
        return Date().timeIntervalSince(start)
    }

    func end() async {
        if let standby, standby.isRunning {
            kill(standby.processIdentifier, SIGKILL)
            while standby.isRunning { try? await Task.sleep(for: .milliseconds(10)) }
        }
        await site.kill()
        await site.end()
    }

    // MARK: Jobs

    /// Submits probes of two parties, one after another at each of these addresses in turn, and waits until all run.
    func running(_ count: Int, at addresses: [String]) async throws -> [String] {
        let probe = ProbeJob(
            guest: "9999", hosts: ["10000"], tasks: [Self.probeMilliseconds], marks: folder.path + "/marks",
            until: releaseFile.path)
        var jobs: [String] = []
        for number in 0..<count {
            let answer = try await site.call(
                .POST, addresses[number % addresses.count] + "/api/jobs", json: ["dsl": probe.dsl, "conf": probe.conf])
            guard let job = answer.object["job"] as? String else { throw ScenarioFailure("\(answer.body)") }
            jobs.append(job)
        }
        let starts = probe.taskNames.flatMap { task in
            jobs.flatMap { job in probe.partyNames.map { "\(job).\(task)/0/\($0)" } }
        }
        _ = try await eventually("\(count) running jobs", seconds: Self.runningSecondsMaximum) {
            try Set(starts).isSubset(of: self.marks().starts.map(\.attemptAtParty)) ? true : nil
        }
        return jobs
    }

    private var releaseFile: URL { folder.appending(path: "released") }

    /// Probes come to their end from now on.
    func release() throws { try Data().write(to: releaseFile) }

    /// What the probes marked.
    func marks() throws -> Marks { try Marks(folder: folder.path + "/marks") }

    /// How often each worker started, by job, task, attempt and party, as the log of events has it.
    func workerStarts() throws -> [String: Int] {
        let text = try server.query(
            """
            SELECT concat_ws('/', e->>'job', e->>'task', e->>'attempt', e->>'party'), count(*)
            FROM (SELECT convert_from(payload, 'UTF8')::jsonb AS e FROM event WHERE kind = 'worker') AS log
            WHERE e->>'to' = 'starting' GROUP BY 1
            """, database: database)
        var starts: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "|")
            if parts.count == 2 { starts[String(parts[0])] = Int(parts[1]) }
        }
        return starts
    }
}
