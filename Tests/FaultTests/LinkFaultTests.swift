import Foundation
import ProbeHarness
import Testing

/// One fault at a time, each with what it must lead to.
@Suite(.serialized) struct LinkFaultTests {
    private static func probe(_ federation: FaultFederation, milliseconds: Int, retries: Int = 0) -> ProbeJob {
        ProbeJob(
            guest: "9999", hosts: ["10000"], tasks: [milliseconds], retries: retries, marks: federation.marksFolder)
    }

    @Test func aJobOverTheRelaysMarksEachPartyOnce() async throws {
        try await onThread {
            let federation = try FaultFederation()
            var job = Self.probe(federation, milliseconds: 50)
            job.arbiter = "10001"
            job.tasks = [50, 50]
            // More than fits into an announcement, so that payloads are pulled.
            job.payloadBytes = 300_000
            let id = try federation.sites[0].accepted(job)
            for site in federation.sites { #expect(try site.ended(id).status == "success") }
            let marks = try Marks(folder: federation.marksFolder)
            #expect(marks.starts.count == 6)
            #expect(marks.all.count { $0.what == "end" } == 6)
            #expect(marks.doubled.isEmpty && marks.overlapping.isEmpty)
            federation.end()
        }
    }

    /// The cable of the partner is pulled while its worker runs: the job ends well after it is plugged in again.
    @Test func aLinkCutAndHealedEndsTheJob() async throws {
        try await onThread {
            let federation = try FaultFederation()
            let (guest, host) = (federation.sites[0], federation.sites[1])
            let id = try guest.accepted(Self.probe(federation, milliseconds: 3000))
            _ = try host.workers(of: id, task: "probe_0", parties: ["host_10000"])
            try federation.cut(1)
            usleep(2_000_000)
            try federation.heal(1)
            #expect(try guest.ended(id).status == "success")
            #expect(try host.ended(id).status == "success")
            let marks = try Marks(folder: federation.marksFolder)
            #expect(marks.doubled.isEmpty && marks.overlapping.isEmpty)
            federation.end()
        }
    }
}
