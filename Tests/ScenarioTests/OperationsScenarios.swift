import Foundation
import NIOHTTP1
import Testing

/// What an operator does to a site, and what happens to it: backup and restore, a full disk, upgrades.
@Suite(.serialized) struct OperationsScenarios {
    private static let guestAndHost = [(name: "guest", parties: ["9999"]), (name: "host", parties: ["10000"])]

    // MARK: Backup and restore

    /// The site of the coordinator, or of its partner, goes back to before a job that both were running.
    @Test(arguments: ["guest", "host"])
    func aJobOfAfterTheBackupEndsAtThePartner(restored name: String) async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost)
        let (guest, host) = (try sites["guest"], try sites["host"])
        let (lost, other) = name == "guest" ? (guest, host) : (host, guest)
        try await lost.site.upload(example: "breast_guest.csv", name: "kept", party: lost.parties[0])
        let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        let before = try await guest.site.accepted(dsl: dsl, conf: conf)
        _ = try await guest.site.job(before) { $0.status == "running" }
        let folder = lost.site.home.deletingLastPathComponent().appending(path: "norn-backup-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (backup, keys) = (folder.appending(path: "b").path, folder.appending(path: "keys").path)
        let made = try await lost.site.norn("site", "backup", backup, "--keys", keys)
        #expect(made.status == 0, "\(made.errors)")
        let after = try await guest.site.accepted(dsl: dsl, conf: conf)
        _ = try await guest.site.job(after) { $0.status == "running" }
        await lost.site.kill()

        let flags = ["--parties", lost.parties[0], "--federation-host", "127.0.0.1"]
        let restored = try await SiteUnderTest(flags + ["--federation-port", "\(lost.port)"]) { home in
            let run = try await Program.run(
                StagedTree.norn, ["site", "restore", backup, "--home", home.path, "--keys", keys])
            guard run.status == 0 else { throw ScenarioFailure("norn site restore: \(run.errors)") }
        }
        for job in [before, after] {
            let end = try await other.site.ended(job)
            #expect(["canceled", "failed"].contains(end.status), "\(end.object)")
            let why = end.failure["message"] as? String ?? ""
            #expect(why.contains(job == before ? "the restore of the backup of" : "does not know this job"), "\(why)")
            try await other.site.workersGone(of: job)
        }
        try await other.site.nothingHeld()
        let first = try await restored.ended(before)
        #expect(["canceled", "failed"].contains(first.status))
        let unknown = try await restored.call(.GET, "/api/jobs/\(after)")
        #expect(unknown.status == 404)
        let shown = try await restored.norn("data", "show", "-n", "kept", "-s", "example")
        #expect(shown.status == 0 && shown.output.contains("569 in"), "\(shown.errors)\(shown.output)")
        // The two work together again.
        let (small, smallConf) = try CrashScenarios.toy(rows: 100)
        let initiator = name == "guest" ? restored : guest.site
        let again = try await initiator.ended(try await initiator.accepted(dsl: small, conf: smallConf))
        #expect(again.status == "success", "\(again.object)")
        await restored.end()
        await sites.end()
    }

    @Test func aBackupNeedsTheRightOfAnAdministrator() async throws {
        let site = try await SiteUnderTest()
        let made = try await site.call(.POST, "/api/tokens", json: ["submitter": "ada", "rights": ["submit", "read"]])
        let secret = made.object["secret"] as? String ?? ""
        let folder = site.home.deletingLastPathComponent().appending(path: "norn-none-\(UUID().uuidString)").path
        let refused = try await site.call(
            .POST, "/api/site/backups", json: ["folder": folder], headers: ["Authorization": "Bearer \(secret)"])
        #expect(refused.status == 403)
        let relative = try await site.call(.POST, "/api/site/backups", json: ["folder": "here"])
        #expect(relative.status == 400 && relative.field == "folder")
        #expect(!FileManager.default.fileExists(atPath: folder))
        await site.end()
    }

    // MARK: A full disk

    @Test func aSiteThatIsLowOnDiskTakesNothingNew() async throws {
        let site = try await SiteUnderTest { home in
            let settings = "disk:\n  low_megabytes: 1000000000\n  resume_megabytes: 1000000000\n"
            try Data(settings.utf8).write(to: home.appending(path: "site.yaml"))
        }
        let (dsl, conf) = try CrashScenarios.toy(rows: 100)
        let answer = try await site.submit(dsl: dsl, conf: conf)
        #expect(answer.status == 507 && answer.code == "low_disk", "\(answer.body)")
        let upload = try await site.upload("id,x\n1,2\n", name: "t", party: "9999")
        #expect(upload.code == "low_disk", "\(upload.body)")
        let status = try await site.call(.GET, "/api/site")
        #expect("\(status.object["warnings"] ?? "")".contains("nothing new begins"))
        let doctor = try await site.norn("doctor")
        #expect(doctor.output.contains("BAD   disk:"), "\(doctor.output)")
        await site.end()
    }

    /// A file system in memory, where few others write; the disk of temporary files where that is small or none.
    private static func quietDisk() -> URL {
        let memory = URL(filePath: "/dev/shm")
        return freeMebibytes(memory) > 1024 ? memory : FileManager.default.temporaryDirectory
    }

    private static func freeMebibytes(_ folder: URL) -> Int {
        var values = statvfs()
        guard statvfs(folder.path, &values) == 0 else { return 0 }
        return (Int(values.f_bavail) * Int(values.f_frsize)) >> 20
    }

    @Test func whatRunsGoesOnWhenTheDiskGetsLowAndWhatWaitsSaysSo() async throws {
        let (roomMebibytes, resumeMebibytes, ballastMebibytes) = (128, 64, 256)
        let disk = Self.quietDisk()
        let site = try await SiteUnderTest(in: disk)
        #expect(await site.terminate() == 0)
        // What the site itself takes is taken by now.
        let free = Self.freeMebibytes(disk)
        let settings = """
            disk: {low_megabytes: \(free - roomMebibytes), resume_megabytes: \(free - resumeMebibytes), check_seconds: 1}
            resources: {cores: 2, attempts_per_core: 1}
            """
        try Data(settings.utf8).write(to: site.home.appending(path: "site.yaml"))
        try await site.start()
        let (endless, endlessConf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        let runs = try await site.accepted(dsl: endless, conf: endlessConf)
        let workers = try await site.workers(
            of: runs, task: "secure_add_example_0", parties: ["guest_9999", "host_10000"])
        let (small, smallConf) = try CrashScenarios.toy(rows: 100)
        let waits = try await site.accepted(dsl: small, conf: smallConf)
        _ = try await site.job(waits) { !$0.reasons.isEmpty }

        let ballast = site.home.appending(path: "ballast")
        try Data(count: ballastMebibytes << 20).write(to: ballast)
        _ = try await site.job(waits) { $0.reasons.contains { $0["kind"] as? String == "low_disk" } }
        let refused = try await site.submit(dsl: small, conf: smallConf)
        #expect(refused.status == 507 && refused.code == "low_disk", "\(refused.body)")
        #expect(try await site.job(runs) { _ in true }.status == "running")
        #expect(Set(site.workers(of: runs)) == Set(workers))
        // What is given back while the disk is low starts nothing.
        _ = try await site.call(.POST, "/api/jobs/\(runs)/stop")
        #expect(try await site.ended(runs).status == "canceled")
        try await site.nothingHeld()
        let still = try await site.job(waits) { _ in true }
        #expect(still.status == "waiting" && still.reasons.contains { $0["kind"] as? String == "low_disk" })

        try FileManager.default.removeItem(at: ballast)
        #expect(try await site.ended(waits).status == "success")
        await site.end()
    }

    // MARK: Upgrades

    @Test func theCommandTellsWhatPeopleCompareBeforeTheyWorkTogether() async throws {
        let site = try await SiteUnderTest()
        let told = try await Program.run(StagedTree.norn, ["version", "--json"])
        let version = try JSONSerialization.jsonObject(with: Data(told.output.utf8)) as? [String: Any] ?? [:]
        let status = try await site.call(.GET, "/api/site").object
        #expect(version["version"] as? String == status["version"] as? String)
        let spoken = (status["federation"] as? [String: Any])?["protocolVersions"] as? [Int] ?? []
        #expect(!spoken.isEmpty && version["protocols"] as? [Int] == spoken, "\(version)")
        // The plugins that it comes with are of a level that it names.
        let manifest = StagedTree.root.appending(path: "lib/norn/plugins/norn.toy/manifest.json")
        let toy = try JSONSerialization.jsonObject(with: Data(contentsOf: manifest)) as? [String: Any] ?? [:]
        let abi = toy["abi"] as? [String: Any] ?? [:]
        #expect(version["abiGeneration"] as? Int == abi["generation"] as? Int)
        let built = try #require(abi["level_built"] as? Int)
        #expect((version["abiLevels"] as? [Int])?.contains(built) == true, "\(version)")
        let text = try await Program.run(StagedTree.norn, ["version"]).output
        #expect(text.contains("norn       \(status["version"] ?? "")") && text.contains("protocols  "), "\(text)")
        await site.end()
    }

    /// A home whose store the release of part 1 wrote, and left in the middle of a job.
    @Test func aStoreOfPart1IsServedWithItsJobs() async throws {
        let fixture = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "NornSiteTests/Fixtures/part1.db")
        let site = try await SiteUnderTest { home in
            try FileManager.default.copyItem(at: fixture, to: home.appending(path: "norn.db"))
            // Its jobs are as old as the fixture.
            let settings = "retention: {job_days: 0, event_days: 0}\n"
            try Data(settings.utf8).write(to: home.appending(path: "site.yaml"))
        }
        let list = try await site.call(.GET, "/api/jobs").list
        let (succeeded, failed) = ("2026112400072886423052", "2026112400072906429730")
        let (upload, live) = ("2026112400044458600679", "2026112400073226103900")
        #expect(list.compactMap { $0["job"] as? String } == [live, failed, succeeded, upload])
        let done = try await site.ended(succeeded)
        #expect(done.status == "success" && done.attempts.count == 2, "\(done.object)")
        #expect(try await site.ended(failed).failure["code"] as? String == "worker_crashed")
        let lost = try await site.job(live) {
            CrashScenarios.failure($0, role: "guest", attempt: 0) == "site_restarted"
        }
        #expect(CrashScenarios.status(lost, role: "host", attempt: 0) == "lost", "\(lost.attempts)")
        _ = try await site.job(live) {
            ["running", "success"].contains(CrashScenarios.status($0, role: "host", attempt: 1))
        }
        // What the earlier release did can be run again, and shows in the command.
        let rerun = try await site.norn("job", "rerun", succeeded, "--all")
        #expect(rerun.status == 0, "\(rerun.errors)")
        let again = try await site.ended(succeeded)
        #expect(again.status == "success" && again.attempts.count == 4, "\(again.object)")
        _ = try await site.call(.POST, "/api/jobs/\(live)/stop")
        #expect(["canceled", "success"].contains(try await site.ended(live).status))
        try await site.nothingHeld()
        await site.end()
    }

    /// One of the two speaks the protocol of part 1, whichever coordinates.
    @Test(arguments: ["guest", "host"])
    func aSiteOfTheEarlierProtocolAndOneOfThisRunAJob(older: String) async throws {
        let sites = try await SitesUnderTest(
            Self.guestAndHost, settings: [older: "federation:\n  protocol_version: 1\n"])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try CrashScenarios.toy(rows: 100)
        let job = try await guest.accepted(dsl: dsl, conf: conf)
        let end = try await guest.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(try await host.ended(job).status == "success")
        // Both know, and say, what they speak with each other.
        for (site, peer) in [(guest, "host"), (host, "guest")] {
            let peers = try await site.call(.GET, "/api/peers").list
            #expect(peers.map { $0["protocolVersion"] as? Int } == [1], "\(peers)")
            let status = try await site.norn("site", "status")
            #expect(status.output.contains("peer        \(peer): ") && status.output.contains(", protocol 1"))
        }
        // What the earlier protocol cannot say is refused, and loses nothing.
        let rerun = try await guest.call(.POST, "/api/jobs/\(job)/rerun", json: ["all": true])
        #expect(rerun.code == "partner_outdated" && rerun.object["party"] as? String == "host:10000", "\(rerun.body)")
        #expect(try await guest.job(job) { _ in true }.status == "success")
        await sites.end()
    }

    @Test func twoSitesOfThisReleaseSpeakItsNewestProtocol() async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost)
        let guest = try sites["guest"].site
        let (dsl, conf) = try CrashScenarios.toy(rows: 100)
        #expect(try await guest.ended(try await guest.accepted(dsl: dsl, conf: conf)).status == "success")
        let status = try await guest.call(.GET, "/api/site").object
        let spoken = (status["federation"] as? [String: Any])?["protocolVersions"] as? [Int] ?? []
        #expect(spoken.count > 1)
        let peers = status["peers"] as? [[String: Any]] ?? []
        #expect(peers.map { $0["protocolVersion"] as? Int } == [spoken.last], "\(peers)")
        await sites.end()
    }
}
