import Foundation
import PostgreSQLServer
import Testing

@testable import NornStore

/// What a store does that several processes use, and whose database may go away.
@Suite struct SharedStoreTests {
    private func events(_ count: Int, _ job: String) -> Commit {
        var commit = Commit()
        commit.events = (0..<count).map {
            NewEvent(job: job, kind: "job", payload: Data("\($0)".utf8), time: 1)
        }
        return commit
    }

    /// A reader who goes on from the highest number that it saw misses nothing, however many write.
    @Test func noReaderSkipsAnEvent() async throws {
        let options = try PostgreSQLOptions(url: PostgreSQLServer.common().makeDatabase())
        let stores = [try await PostgreSQLStore(options), try await PostgreSQLStore(options)]
        let seen = try await withThrowingTaskGroup(of: [Int64].self) { group in
            group.addTask {
                var seen: [Int64] = []
                while seen.count < 400 {
                    let next = try await stores[0].events(after: seen.last ?? 0, job: nil, limit: 50)
                    seen += next.map(\.sequence)
                }
                return seen
            }
            for writer in 0..<8 {
                group.addTask { [self] in
                    for _ in 0..<25 { try await stores[writer % 2].commit(events(2, "\(writer)")) }
                    return []
                }
            }
            return try await group.reduce([]) { $0 + $1 }
        }
        #expect(seen == Array(1...400))
    }

    @Test func otherProcessesHearOfACommit() async throws {
        let options = try PostgreSQLOptions(url: PostgreSQLServer.common().makeDatabase())
        let (writer, reader) = (try await PostgreSQLStore(options), try await PostgreSQLStore(options))
        var changes = reader.changes().makeAsyncIterator()
        // The first element says that the connection listens.
        await changes.next()
        try await writer.commit(events(1, "j"))
        await changes.next()
        #expect(try await reader.events(after: 0, job: "j", limit: 9).count == 1)
    }

    /// The database is killed and comes back while commits are on their way: each is written once.
    @Test func aCommitSurvivesTheDatabasesDeath() async throws {
        let server = try PostgreSQLServer()
        defer { server.end() }
        let options = try PostgreSQLOptions(url: server.makeDatabase())
        let store = try await PostgreSQLStore(options)
        _ = try await store.takeLease(LeaseClaim(holder: "a", milliseconds: 3_600_000))
        let written = Counter()
        async let commits: Void = {
            for number in 1...200 {
                let stored = try await store.commit(self.events(1, "j"))
                #expect(stored.map(\.sequence) == [Int64(number)])
                written.add()
            }
        }()
        for _ in 1...3 {
            let before = written.value
            while written.value < min(before + 20, 199) { try await Task.sleep(for: .milliseconds(1)) }
            try server.stop(.immediate)
            try server.start()
        }
        try await commits
        #expect(try await store.events(after: 0, job: "j", limit: 1000).map(\.sequence) == Array(1...200))
        #expect(store.trouble == nil)
    }

    @Test func aLeaseOutlivesTheDatabasesAbsence() async throws {
        let server = try PostgreSQLServer()
        defer { server.end() }
        let options = try PostgreSQLOptions(url: server.makeDatabase())
        let (active, standby) = (try await PostgreSQLStore(options), try await PostgreSQLStore(options))
        let claim = LeaseClaim(holder: "active", milliseconds: 2000)
        let lease = try #require(try await active.takeLease(claim))
        try server.stop(.immediate)
        try await Task.sleep(for: .milliseconds(2500))
        try server.start()
        // Its time is over by the clock, but its holder had no chance to prolong it.
        #expect(try await standby.takeLease(LeaseClaim(holder: "standby", milliseconds: 2000)) == nil)
        try await active.renewLease(milliseconds: 2000, address: "")
        #expect(try await active.lease()?.fence == lease.fence)
    }

    @Test func aStoreOfALaterReleaseIsRefused() async throws {
        let server = try PostgreSQLServer.common()
        let address = try server.makeDatabase()
        try await PostgreSQLStore(PostgreSQLOptions(url: address)).close()
        try server.query(
            "INSERT INTO \"schemaVersion\" VALUES (99)", database: PostgreSQLServer.name(of: address))
        await #expect(throws: StoreError.laterSchema(found: 99, known: PostgreSQLSchema.migrations.count)) {
            _ = try await PostgreSQLStore(PostgreSQLOptions(url: address))
        }
    }

    @Test func manyThatOpenAtOnceMakeTheTablesOnce() async throws {
        let options = try PostgreSQLOptions(url: PostgreSQLServer.common().makeDatabase())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try await PostgreSQLStore(options).setValue("a", "b") } }
            try await group.waitForAll()
        }
    }

    @Test func anAddressWithAPasswordIsRefusedAndNeverQuoted() throws {
        for address in ["postgresql://norn:secret@host/db", "postgresql://secret=%zz@[/", "mysql://secret@host"] {
            let error = #expect(throws: StoreError.self) { try PostgreSQLOptions(url: address) }
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test func thePasswordComesFromItsFile() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "norn-password-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try "hush\nsecond line\n".write(to: file, atomically: true, encoding: .utf8)
        let options = try PostgreSQLOptions(url: "postgresql://norn@host/db", passwordFile: file.path)
        #expect(options.parameters["password"] == "hush")
        #expect(options.withoutSecrets("FATAL: hush is wrong\n") == "FATAL: … is wrong")
    }

    @Test func aDatabaseThatIsNotThereIsATypedError() async throws {
        let options = try PostgreSQLOptions(url: "postgresql://norn@%2Ftmp%2Fnorn-nowhere/db")
        let error = await #expect(throws: StoreError.self) { _ = try await PostgreSQLStore(options) }
        guard case .unreachable? = error else {
            Issue.record("not unreachable: \(String(describing: error))")
            return
        }
    }

    @Test func everyFieldOfARecordComesBack() async throws {
        let store = try await PostgreSQLStore(PostgreSQLOptions(url: PostgreSQLServer.common().makeDatabase()))
        var attempt = AttemptRecord(
            job: "j", task: "täsk 'x' $1", attempt: 3, role: "guest", party: "9999", component: "c", engine: "e",
            status: "failed", started: .max)
        attempt.ended = -1
        attempt.failure = Data([0, 255, 39])
        attempt.peakMemoryBytes = 1 << 40
        attempt.processorMilliseconds = 2
        attempt.declaredCores = 1
        attempt.declaredMemoryBytes = 2
        attempt.declaredNodes = 3
        attempt.grantedCores = 4
        attempt.grantedMemoryBytes = 5
        attempt.grantedNodes = 6
        var job = StoreConformance.job("j", status: "failed")
        job.waiting = "quoted \"words\""
        job.started = 1
        job.ended = 2
        job.failure = Data()
        var commit = Commit()
        commit.attempts = [attempt]
        commit.jobs = [job]
        try await store.commit(commit)
        #expect(try await store.attempts(job: "j") == [attempt])
        #expect(try await store.job("j") == job)
    }
}
