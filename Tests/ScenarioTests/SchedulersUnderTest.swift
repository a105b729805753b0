import Foundation
import NIOHTTP1
import PostgreSQLServer

/// Schedulers of one site on one database and one home.
final class SchedulersUnderTest {
    static let leaseSeconds = 3
    static let startSecondsMaximum = 60.0

    let server: PostgreSQLServer
    let database: String
    /// Its process is the scheduler that was started first.
    let site: SiteUnderTest
    private(set) var standby: Process?
    private(set) var standbyAddress = ""

    /// - Parameters:
    ///   - cores: what the site lends: how many attempts run at once.
    ///   - server: a server of the test's own when the test stops it.
    init(cores: Int = 64, server: PostgreSQLServer? = nil) async throws {
        let server = try server ?? PostgreSQLServer.common()
        let address = try server.makeDatabase()
        self.server = server
        database = PostgreSQLServer.name(of: address)
        site = try await SiteUnderTest { home in
            let settings = """
                store: {url: "\(address)"}
                scheduling: {store_lease_seconds: \(Self.leaseSeconds)}
                resources: {cores: \(cores), attempts_per_core: 1, memory_megabytes: 262144, attempts_at_once: 512}
                """
            try settings.write(to: home.appending(path: "site.yaml"), atomically: true, encoding: .utf8)
        }
    }

    deinit {
        if let standby, standby.isRunning { kill(standby.processIdentifier, SIGKILL) }
    }

    /// Starts a second scheduler and waits until it answers.
    func startStandby() async throws {
        let process = Process()
        process.executableURL = StagedTree.norn
        process.arguments = ["serve", "--home", site.home.path, "--port", "0"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let log = site.home.appending(path: "standby.log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        process.standardError = try FileHandle(forWritingTo: log)
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

    /// Submits toys of two parties, one after another at each of these addresses in turn, and waits until all run.
    func running(_ count: Int, at addresses: [String]) async throws -> [String] {
        var jobs: [String] = []
        for number in 0..<count {
            let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.secondsOfRows)
            let answer = try await site.call(
                .POST, addresses[number % addresses.count] + "/api/jobs", json: ["dsl": dsl, "conf": conf])
            guard let job = answer.object["job"] as? String else { throw ScenarioFailure("\(answer.body)") }
            jobs.append(job)
        }
        let submitted = jobs
        _ = try await eventually("\(count) running jobs", seconds: 120) {
            let list = try await self.site.call(.GET, "/api/jobs?status=running&limit=1000").list
            let ids = Set(list.compactMap { $0["job"] as? String })
            return submitted.allSatisfy(ids.contains) ? true : nil
        }
        return jobs
    }

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
