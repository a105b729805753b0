import NornFlow
import Testing

/// Two sites of four cores, each with a steady stream of jobs of two cores that end at different times.
@Suite struct PatienceTests {
    private struct Stream {
        var world = HandWorld()
        private var number = 0

        init() {
            world.outcome = { _ in nil }
            world.policy.backfill = LedgerPolicy.Backfill(passesMaximum: 4, patienceMilliseconds: 20_000)
            for _ in 0..<3 { for id in ["9999", "10000"] { addSmall(id) } }
        }

        private mutating func addSmall(_ id: String) {
            number += 1
            let party = Party(role: .guest, id: id)
            let task = JobTask(name: "small", module: "Any", parties: [party])
            let name = "t\(10_000 + number)"
            let parameters = JobParameters(sizes: JobSizes(taskCores: 2))
            world.submit(
                Job(id: name, initiator: party, parties: [party], tasks: [task], parameters: parameters))
        }

        /// Ends the oldest small one of a site; another one comes first.
        mutating func turn(_ id: String) {
            addSmall(id)
            world.pass(milliseconds: 2_000)
            if let worker = world.workers.first(where: { $0.party.id == id }) { world.endWorker(worker, .success) }
        }
    }

    private func large(_ id: JobID) -> Job {
        HandWorld.job(id, tasks: ["large"], JobParameters(sizes: JobSizes(taskCores: 4)))
    }

    @Test func aLargeJobOverTwoSitesDoesNotStarve() {
        var stream = Stream()
        stream.world.submit(large("t10003x"))
        for _ in 0..<200 where stream.world.status("t10003x") == .waiting {
            stream.turn("9999")
            stream.turn("10000")
        }
        #expect(stream.world.status("t10003x") == .running)
    }

    @Test func twoLargeJobsNeverWaitForEachOther() {
        var stream = Stream()
        let ids = ["t10003x", "t10003y"]
        for id in ids { stream.world.submit(large(id)) }
        for _ in 0..<600 where ids.contains(where: { stream.world.status($0) != .success }) {
            stream.turn("10000")
            stream.turn("9999")
        }
        #expect(ids.map { stream.world.status($0) } == [.success, .success])
    }
}
