import Foundation
import ProbeHarness
import Testing

/// A disk that gets full while a task writes its table.
@Suite(.serialized) struct DiskFaultTests {
    static let dataMegabytes = 48
    /// 4 KiB each: more than the disk holds, and what it holds well.
    static let tooManyRows = 16_384
    static let fewRows = 256
    /// More than the largest table, so that the disk ends first.
    static let memoryBytes = 512 << 20

    /// - Parameter rows: of the host's table.
    private static func job(_ federation: FaultFederation, rows: Int, engine: String) -> ProbeJob {
        ProbeJob(
            guest: "9999", hosts: ["10000"], tasks: [10], rows: fewRows, hostRows: rows, engine: engine,
            memoryBytes: memoryBytes, marks: federation.marksFolder)
    }

    /// The data is on a disk of its own, so it is the table alone that does not fit: the job fails with what to do, the
    /// half table is gone, and the next job runs.
    @Test func aTableThatDoesNotFitFailsItsJobAndLeavesNothing() async throws {
        try await onThread {
            let federation = try FaultFederation(dataMegabytes: Self.dataMegabytes)
            defer { federation.end() }
            guard federation.hasSmallDisk else { return }
            let (guest, host) = (federation.sites[0], federation.sites[1])
            let data = host.home + "/data"
            for engine in ["standalone", "local"] {
                let taken = SmallDisk.bytesTaken(data)
                let id = try guest.accepted(Self.job(federation, rows: Self.tooManyRows, engine: engine))
                let end = try guest.ended(id)
                #expect(end.status == "failed", "\(engine): \(end.text)")
                #expect(end.failure["code"] as? String == "component_failed", "\(engine): \(end.failure)")
                #expect(end.failure["party"] as? String == "host:10000", "\(engine): \(end.failure)")
                let here = try host.ended(id)
                let attempt = here.attempt("probe_0", "host", 0)
                let told = (attempt["failure"] as? [String: Any])?["message"] as? String ?? ""
                #expect(told.contains("free space on that file system"), "\(engine): \(attempt)")
                #expect(try Self.leaks(federation).isEmpty)
                let left = SmallDisk.bytesTaken(data) - taken
                #expect(left < 1 << 20, "\(engine): \(left) bytes are still taken")

                let next = try guest.accepted(Self.job(federation, rows: Self.fewRows, engine: engine))
                #expect(try guest.ended(next).status == "success")
            }
        }
    }

    /// Store and data on one disk, which a task's table fills: the site cannot even write down how that ended until the
    /// half table is gone. The job ends, and so does one that was submitted meanwhile.
    @Test func aTableThatFillsTheDiskOfTheStoreEndsItsJob() async throws {
        try await onThread {
            let federation = try FaultFederation()
            defer { federation.end() }
            guard federation.hasSmallDisk else { return }
            let (guest, host) = (federation.sites[0], federation.sites[1])
            let rows = FaultFederation.smallMegabytes << 20 / 4096 + 1000
            let id = try guest.accepted(Self.job(federation, rows: rows, engine: "standalone"))
            _ = try host.workers(of: id, task: "probe_0", parties: ["host_10000"])
            let other = try guest.accepted(Self.job(federation, rows: Self.fewRows, engine: "standalone"))
            for site in [guest, host] {
                let end = try site.ended(id)
                #expect(end.status == "failed", "\(end.text)")
                #expect(end.failure["code"] as? String == "component_failed", "\(end.failure)")
            }
            _ = try guest.ended(other)
            #expect(try Self.leaks(federation).isEmpty)
            let next = try guest.accepted(Self.job(federation, rows: Self.fewRows, engine: "standalone"))
            #expect(try guest.ended(next).status == "success")
            try Self.restartOnAFullDisk(federation, guest, host)
        }
    }

    /// What it has of its plugins it does not write again: it comes up, and can be found and works as soon as there is
    /// room.
    private static func restartOnAFullDisk(
        _ federation: FaultFederation, _ guest: FaultSite, _ host: FaultSite
    ) throws {
        SmallDisk.fill(host.home + "/filler")
        host.kill()
        let starts = listens(host)
        let started = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            do {
                try host.start()
            } catch {
                Issue.record("\(error)")
            }
            started.signal()
        }
        _ = try eventually("the host's listener", seconds: FaultSite.startSecondsMaximum) {
            listens(host) > starts ? true : nil
        }
        unlink(host.home + "/filler")
        started.wait()
        let id = try guest.accepted(job(federation, rows: fewRows, engine: "standalone"))
        let end = try guest.ended(id)
        #expect(end.status == "success", "\(end.text)")
    }

    /// How often the site has said that it listens.
    private static func listens(_ site: FaultSite) -> Int {
        let text = (try? String(contentsOfFile: site.log, encoding: .utf8)) ?? ""
        return text.components(separatedBy: "listening address=").count - 1
    }

    private static func leaks(_ federation: FaultFederation) throws -> [String] {
        try ChaosCollector(federation: federation, jobs: [], deeds: ChaosDeeds()).leaks()
    }
}
