import Foundation
import PostgreSQLServer
import Testing

@testable import NornStore

/// Stores that are copied into a file, and the file into a database.
@Suite struct CopyTests {
    private static func file() -> String {
        FileManager.default.temporaryDirectory.appending(path: "norn-copy-\(UUID().uuidString).db").path
    }

    /// One of everything that a store holds.
    private static func fill(_ store: any Store) async throws {
        var commit = Commit()
        commit.writes = [
            AggregateWrite(kind: "member", id: "1/host:10000", expected: nil, payload: Data([0, 1, 255]))
        ]
        commit.events = (1...1200).map { NewEvent(job: "1", kind: "job", payload: Data("\($0)".utf8), time: 5) }
        commit.jobs = [StoreConformance.job("1", status: "running")]
        commit.attempts = [
            AttemptRecord(
                job: "1", task: "a", attempt: 0, role: "host", party: "10000", component: "C", engine: "local",
                status: "running", started: 3)
        ]
        commit.values = [NamedValue(name: "epoch", value: "7"), NamedValue(name: "home", value: "first")]
        try await store.commit(commit)
        _ = try await store.putTable(
            TableRecord(
                namespace: "n", name: "t", sealed: "s", engine: "local", path: "/p", schema: Data("{}".utf8), rows: 9,
                partitions: 2, owner: "10000", created: 1))
        try await store.putGrant(
            TableGrant(namespace: "n", name: "t", partner: "9999", components: ["Reader"], created: 2))
        try await store.putArtifacts([
            ArtifactRecord(
                job: "1", task: "a", attempt: 0, role: "host", party: "10000", name: "data", position: 0,
                kind: "table", path: "/made")
        ])
        try await store.appendTracking(
            (1...3).map {
                TrackingRecord(
                    job: "1", task: "a", attempt: 0, role: "host", party: "10000", kind: .metric, name: "loss",
                    payload: Data("\($0)".utf8), time: 4)
            })
        try await store.putToken(
            TokenRecord(id: "t", hash: "h", submitter: "ada", parties: ["10000"], rights: ["read"], created: 1))
        try await store.appendSecurity(SecurityRecord(time: 1, kind: "refused", caller: "eve", text: "naïve “text”"))
    }

    private static func expectSame(_ left: any Store, _ right: any Store) async throws {
        #expect(try await left.aggregates(kind: "member") == right.aggregates(kind: "member"))
        let events = try await left.events(after: 0, job: nil, limit: 9_999)
        #expect(events.count == 1200)
        #expect(try await right.events(after: 0, job: nil, limit: 9_999) == events)
        #expect(try await left.job("1") == right.job("1"))
        #expect(try await left.attempts(job: "1") == right.attempts(job: "1"))
        #expect(try await left.tables() == right.tables())
        #expect(try await left.grants(namespace: "n", name: "t") == right.grants(namespace: "n", name: "t"))
        #expect(try await left.artifacts(job: "1") == right.artifacts(job: "1"))
        let tracking = try await left.tracking(job: "1", task: nil, kind: nil)
        #expect(tracking.count == 3)
        #expect(try await right.tracking(job: "1", task: nil, kind: nil) == tracking)
        #expect(try await left.tokens() == right.tokens())
        #expect(try await left.security(limit: 9) == right.security(limit: 9))
        #expect(try await right.value("home") == "first")
    }

    @Test(arguments: StoreConformance.Kind.allCases) func everythingIsInACopy(kind: StoreConformance.Kind) async throws
    {
        let store = try await kind.make()
        try await Self.fill(store)
        let file = Self.file()
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await store.copy(to: file)
        try await Self.expectSame(store, try SQLiteStore(path: file))
    }

    @Test(arguments: StoreConformance.Kind.allCases)
    func aCopyGoesIntoAnEmptyDatabase(kind: StoreConformance.Kind) async throws {
        let store = try await kind.make()
        try await Self.fill(store)
        let file = Self.file()
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await store.copy(to: file)
        let options = try PostgreSQLOptions(url: PostgreSQLServer.common().makeDatabase())
        let epoch = try await PostgreSQLStore.load(options, from: file, epoch: 1_000_007) { _ in false }
        #expect(epoch == 1_000_007)
        let loaded = try await PostgreSQLStore(options)
        try await Self.expectSame(store, loaded)
        // What the database numbers by itself goes on.
        var more = Commit()
        more.events = [NewEvent(job: "1", kind: "job", payload: Data(), time: 6)]
        #expect(try await loaded.commit(more).map(\.sequence) == [1201])
        try await loaded.appendTracking(try await store.tracking(job: "1", task: nil, kind: nil))
        #expect(try await loaded.tracking(job: "1", task: nil, kind: nil).count == 6)
        try await loaded.appendSecurity(SecurityRecord(time: 2, kind: "refused", caller: "eve", text: "again"))
        #expect(try await loaded.security(limit: 9).count == 2)
        let lease = try await loaded.takeLease(LeaseClaim(holder: "new", milliseconds: 60_000))
        #expect(lease.map { $0.fence > epoch } == true)
    }

    /// Each commit leaves as many events as its value says.
    @Test func aCopyOfADatabaseIsOfOneInstant() async throws {
        let options = try PostgreSQLOptions(url: PostgreSQLServer.common().makeDatabase())
        let store = try await PostgreSQLStore(options)
        let writing = Task {
            var count = 0
            while !Task.isCancelled {
                count += 1
                var commit = Commit()
                commit.events = [NewEvent(job: "\(count)", kind: "job", payload: Data(), time: 1)]
                commit.values = [NamedValue(name: "count", value: "\(count)")]
                try await store.commit(commit)
            }
        }
        defer { writing.cancel() }
        while try await store.lastEvent() < 20 { try await Task.sleep(for: .milliseconds(2)) }
        for _ in 0..<5 {
            let file = Self.file()
            defer { try? FileManager.default.removeItem(atPath: file) }
            try await store.copy(to: file)
            let copy = try SQLiteStore(path: file)
            let last = try await copy.lastEvent()
            #expect(last >= 20)
            #expect(try await copy.events(after: 0, job: nil, limit: 1_000_000).count == Int(last))
            #expect(try await copy.value("count") == "\(last)")
        }
    }

    @Test func onlyAFreeDatabaseOfTheSameSiteTakesACopy() async throws {
        let store = try SQLiteStore.inMemory()
        try await Self.fill(store)
        let file = Self.file()
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await store.copy(to: file)
        let options = try PostgreSQLOptions(url: PostgreSQLServer.common().makeDatabase())
        let older = try await PostgreSQLStore(options)
        let lease = try #require(try await older.takeLease(LeaseClaim(holder: "old", milliseconds: 600_000)))
        try await older.setValue("home", "first")
        try await older.setValue("newer", "than the copy")
        let isFirst: @Sendable ([String: String]) -> Bool = { $0["home"] == "first" }
        await #expect(throws: RestoreRefusal.inUse) {
            try await PostgreSQLStore.load(options, from: file, epoch: 2, isSame: isFirst)
        }
        try await older.releaseLease()
        await #expect(throws: RestoreRefusal.ofAnotherSite) {
            try await PostgreSQLStore.load(options, from: file, epoch: 2) { $0["home"] == "second" }
        }
        #expect(try await older.value("newer") == "than the copy")
        let epoch = try await PostgreSQLStore.load(options, from: file, epoch: 2, isSame: isFirst)
        #expect(epoch == lease.fence + 1)
        #expect(try await older.value("newer") == nil)
        #expect(try await older.value("epoch") == "\(epoch)")
        // The scheduler of before is not asked whether it has heard of it.
        await #expect(throws: StoreError.leaseLost) { try await older.setValue("late", "write") }
    }
}
