import Foundation
import NornStore
import Testing

/// What every store gives up by age.
extension StoreConformance {
    @Test(arguments: Kind.allCases) func endedJobsAreFoundByTheirEnd(kind: Kind) async throws {
        let store = try await kind.make()
        var commit = Commit()
        for (id, ended) in [("a", 30), ("b", 10), ("c", 20)] {
            var job = Self.job(id, status: "success")
            job.ended = Int64(ended)
            commit.jobs.append(job)
        }
        commit.jobs.append(Self.job("lives", status: "running"))
        try await store.commit(commit)
        #expect(try await store.endedJobs(before: 30, limit: 9, offset: 0).map(\.job) == ["b", "c"])
        #expect(try await store.endedJobs(before: 99, limit: 1, offset: 2).map(\.job) == ["a"])
    }

    @Test(arguments: Kind.allCases) func oldEventsGoPieceByPiece(kind: Kind) async throws {
        let store = try await kind.make()
        var commit = Commit()
        for (index, job) in ["a", "b", "a", "b", "a", "a"].enumerated() {
            commit.events.append(NewEvent(job: job, kind: "k", payload: Data("{}".utf8), time: Int64(index)))
        }
        try await store.commit(commit)
        let first = try await store.removeEvents(before: 5, after: 0, limit: 3, sparing: ["b"])
        #expect(first == EventRemoval(removed: 2, next: 3))
        let second = try await store.removeEvents(before: 5, after: 3, limit: 3, sparing: ["b"])
        #expect(second == EventRemoval(removed: 1, next: nil))
        #expect(try await store.events(after: 0, job: nil, limit: 9).map(\.time) == [1, 3, 5])
        // What comes next has a new number.
        #expect(try await store.commit(commit).first?.sequence == 7)
    }

    @Test(arguments: Kind.allCases) func oldRefusalsGo(kind: Kind) async throws {
        let store = try await kind.make()
        for time in 1...4 {
            try await store.appendSecurity(SecurityRecord(time: Int64(time), kind: "k", caller: "c", text: "\(time)"))
        }
        #expect(try await store.removeSecurity(before: 4, limit: 2) == 2)
        #expect(try await store.removeSecurity(before: 4, limit: 2) == 1)
        #expect(try await store.security(limit: 9).map(\.text) == ["4"])
    }
}
