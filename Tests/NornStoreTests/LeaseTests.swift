import Foundation
import NornStore
import PostgreSQLServer
import Synchronization
import Testing

/// One scheduler of a site writes at a time, whichever the store.
@Suite struct LeaseTests {
    enum Kind: String, CaseIterable, Sendable {
        case file, postgresql

        /// A way to open the same store again and again.
        func opener() throws -> @Sendable () async throws -> any Store {
            switch self {
            case .file:
                let folder = FileManager.default.temporaryDirectory.appending(path: "norn-store-\(UUID().uuidString)")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                return { try SQLiteStore(path: folder.appending(path: "norn.db").path) }
            case .postgresql:
                let address = try PostgreSQLServer.common().makeDatabase()
                return { try await PostgreSQLStore(PostgreSQLOptions(url: address)) }
            }
        }
    }

    static let hour = 3_600_000

    private func commit(_ id: String) -> Commit {
        var commit = Commit()
        commit.writes = [AggregateWrite(kind: "coordinator", id: id, expected: nil, payload: Data("{}".utf8))]
        commit.events = [NewEvent(job: id, kind: "job", payload: Data(), time: 1)]
        return commit
    }

    @Test(arguments: Kind.allCases) func aLateHolderWritesNothing(kind: Kind) async throws {
        let open = try kind.opener()
        let (old, new) = (try await open(), try await open())
        let losses = Counter()
        old.onLeaseLost { losses.add() }
        let first = try #require(try await old.takeLease(LeaseClaim(holder: "old", milliseconds: Self.hour)))
        try await old.commit(commit("a"))
        try await old.renewLease(milliseconds: Self.hour, address: "http://old")
        let second = try #require(
            try await new.takeLease(LeaseClaim(holder: "new", milliseconds: Self.hour, holderIsDead: true)))
        #expect(second.fence == first.fence + 1)
        #expect(try await new.value("epoch") == "\(second.fence)")
        await #expect(throws: StoreError.leaseLost) { try await old.commit(commit("b")) }
        await #expect(throws: StoreError.leaseLost) {
            try await old.renewLease(milliseconds: Self.hour, address: "http://old")
        }
        #expect(losses.value == 1)
        #expect(try await new.aggregate(kind: "coordinator", id: "b") == nil)
        #expect(try await new.events(after: 0, job: nil, limit: 10).map(\.job) == ["a"])
        try await new.commit(commit("b"))
    }

    @Test(arguments: Kind.allCases) func aRaisedEpochKillsEveryOlderFence(kind: Kind) async throws {
        let open = try kind.opener()
        let store = try await open()
        try await store.setValue("epoch", "41")
        let lease = try #require(try await store.takeLease(LeaseClaim(holder: "a", milliseconds: Self.hour)))
        #expect(lease.fence == 42)
    }

    @Test(arguments: Kind.allCases) func aStoreThatStandsByOnlyReads(kind: Kind) async throws {
        let store = try await kind.opener()()
        store.standBy()
        await #expect(throws: StoreError.leaseLost) { try await store.commit(commit("a")) }
        _ = try await store.takeLease(LeaseClaim(holder: "a", milliseconds: Self.hour))
        try await store.commit(commit("a"))
    }

    private func shared() async throws -> (PostgreSQLStore, PostgreSQLStore) {
        let address = try PostgreSQLServer.common().makeDatabase()
        let options = try PostgreSQLOptions(url: address)
        return (try await PostgreSQLStore(options), try await PostgreSQLStore(options))
    }

    @Test func aLeaseThatRunsIsNotTakenAndItsStandbyWritesNothing() async throws {
        let (active, standby) = try await shared()
        let lease = try #require(try await active.takeLease(LeaseClaim(holder: "active", milliseconds: Self.hour)))
        try await active.renewLease(milliseconds: Self.hour, address: "http://127.0.0.1:1")
        #expect(try await standby.takeLease(LeaseClaim(holder: "standby", milliseconds: Self.hour)) == nil)
        #expect(
            try await standby.lease()
                == SchedulerLease(
                    fence: lease.fence, holder: "active", address: "http://127.0.0.1:1", hasEnded: false))
        await #expect(throws: StoreError.leaseLost) { try await standby.commit(commit("a")) }
        await #expect(throws: StoreError.leaseLost) { try await standby.setValue("a", "b") }
        try await standby.appendSecurity(SecurityRecord(time: 1, kind: "k", caller: "c", text: "t"))
    }

    @Test func aReleasedLeaseIsFree() async throws {
        let (active, standby) = try await shared()
        _ = try await active.takeLease(LeaseClaim(holder: "active", milliseconds: Self.hour))
        try await active.releaseLease()
        #expect(try await standby.takeLease(LeaseClaim(holder: "standby", milliseconds: Self.hour)) != nil)
    }

    /// Every kind of write, not only the heart's.
    @Test func nothingElseOfALateHolderIsWritten() async throws {
        let (old, new) = try await shared()
        _ = try await old.takeLease(LeaseClaim(holder: "old", milliseconds: Self.hour))
        _ = try await new.takeLease(LeaseClaim(holder: "new", milliseconds: Self.hour, holderIsDead: true))
        let attempt = AttemptRecord(
            job: "j", task: "t", attempt: 0, role: "guest", party: "1", component: "c", engine: "e", status: "s",
            started: 1)
        var ended = Commit()
        ended.attempts = [attempt]
        let late = ended
        await #expect(throws: StoreError.leaseLost) { try await old.commit(late) }
        let artifact = ArtifactRecord(
            job: "j", task: "t", attempt: 0, role: "guest", party: "1", name: "n", position: 0, kind: "model",
            path: "p")
        await #expect(throws: StoreError.leaseLost) { try await old.putArtifacts([artifact]) }
        let metric = TrackingRecord(
            job: "j", task: "t", attempt: 0, role: "guest", party: "1", kind: .metric, name: "n", payload: Data(),
            time: 1)
        await #expect(throws: StoreError.leaseLost) { try await old.appendTracking([metric]) }
        await #expect(throws: StoreError.leaseLost) {
            _ = try await old.putTable(StoreConformance.table(sealed: "late"))
        }
        await #expect(throws: StoreError.leaseLost) { try await old.removeJob("j") }
        #expect(try await new.attempts(job: "j").isEmpty)
        #expect(try await new.artifacts(job: "j").isEmpty)
        #expect(try await new.tracking(job: "j", task: nil, kind: nil).isEmpty)
        #expect(try await new.tables().isEmpty)
    }
}

final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    func add() { count.add(1, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
}
