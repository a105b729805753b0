import Foundation
import NornStore
import PostgreSQLServer
import Testing

/// What every store does, whichever it is.
@Suite struct StoreConformance {
    enum Kind: String, CaseIterable, Sendable {
        case file, memory, postgresql

        func make() async throws -> any Store {
            switch self {
            case .memory: return try SQLiteStore.inMemory()
            case .file:
                let folder = FileManager.default.temporaryDirectory.appending(path: "norn-store-\(UUID().uuidString)")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                return try SQLiteStore(path: folder.appending(path: "norn.db").path)
            case .postgresql:
                return try await PostgreSQLStore(PostgreSQLOptions(url: PostgreSQLServer.common().makeDatabase()))
            }
        }
    }

    private func write(_ id: String, expected: Int?, _ text: String?) -> AggregateWrite {
        AggregateWrite(kind: "coordinator", id: id, expected: expected, payload: text.map { Data($0.utf8) })
    }

    @Test(arguments: Kind.allCases) func aggregatesAreComparedAndSet(kind: Kind) async throws {
        let store = try await kind.make()
        var commit = Commit()
        commit.writes = [write("a", expected: nil, "one")]
        try await store.commit(commit)
        commit.writes = [write("a", expected: 1, "two")]
        try await store.commit(commit)
        let row = try #require(try await store.aggregate(kind: "coordinator", id: "a"))
        #expect(row.version == 2)
        #expect(row.payload == Data("two".utf8))
        await #expect(throws: StoreError.conflict(kind: "coordinator", id: "a")) { try await store.commit(commit) }
        commit.writes = [write("a", expected: nil, "three")]
        await #expect(throws: StoreError.conflict(kind: "coordinator", id: "a")) { try await store.commit(commit) }
        commit.writes = [write("a", expected: 2, nil)]
        try await store.commit(commit)
        #expect(try await store.aggregate(kind: "coordinator", id: "a") == nil)
    }

    @Test(arguments: Kind.allCases) func valuesAreWrittenWithTheCommitOrNotAtAll(kind: Kind) async throws {
        let store = try await kind.make()
        var commit = Commit()
        commit.writes = [write("a", expected: nil, "one")]
        commit.values = [NamedValue(name: "of", value: "a")]
        try await store.commit(commit)
        #expect(try await store.value("of") == "a")
        commit.values = [NamedValue(name: "of", value: "b")]
        await #expect(throws: StoreError.self) { try await store.commit(commit) }
        #expect(try await store.value("of") == "a")
        commit.writes = []
        try await store.commit(commit)
        #expect(try await store.value("of") == "b")
    }

    @Test(arguments: Kind.allCases) func aConflictWritesNothingAtAll(kind: Kind) async throws {
        let store = try await kind.make()
        var commit = Commit()
        commit.writes = [write("a", expected: nil, "one"), write("b", expected: 7, "two")]
        commit.events = [NewEvent(job: "j", kind: "job", payload: Data("{}".utf8), time: 1)]
        commit.jobs = [Self.job("j", status: "running")]
        await #expect(throws: StoreError.self) { try await store.commit(commit) }
        #expect(try await store.aggregate(kind: "coordinator", id: "a") == nil)
        #expect(try await store.events(after: 0, job: nil, limit: 10).isEmpty)
        #expect(try await store.job("j") == nil)
    }

    @Test(arguments: Kind.allCases) func oneOfManyWritersWins(kind: Kind) async throws {
        let store = try await kind.make()
        var first = Commit()
        first.writes = [write("a", expected: nil, "0")]
        try await store.commit(first)
        let wins = await withTaskGroup(of: Bool.self) { group in
            for number in 1...8 {
                group.addTask {
                    var commit = Commit()
                    commit.writes = [
                        AggregateWrite(kind: "coordinator", id: "a", expected: 1, payload: Data("\(number)".utf8))
                    ]
                    return (try? await store.commit(commit)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
        #expect(try await store.aggregate(kind: "coordinator", id: "a")?.version == 2)
    }

    @Test(arguments: Kind.allCases) func eventsKeepTheirOrderAndNumbers(kind: Kind) async throws {
        let store = try await kind.make()
        var commit = Commit()
        commit.events = (0..<5).map {
            NewEvent(job: $0.isMultiple(of: 2) ? "even" : "odd", kind: "job", payload: Data("\($0)".utf8), time: 1)
        }
        let stored = try await store.commit(commit)
        #expect(stored.map(\.sequence) == stored.map(\.sequence).sorted())
        let even = try await store.events(after: 0, job: "even", limit: 10)
        #expect(even.map { String(decoding: $0.payload, as: UTF8.self) } == ["0", "2", "4"])
        let later = try await store.events(after: even[0].sequence, job: "even", limit: 1)
        #expect(later.map { String(decoding: $0.payload, as: UTF8.self) } == ["2"])
    }

    @Test(arguments: Kind.allCases) func aJobKeepsWhatItBeganWith(kind: Kind) async throws {
        let store = try await kind.make()
        var commit = Commit()
        commit.jobs = [Self.job("j", status: "waiting")]
        try await store.commit(commit)
        var next = Self.job("j", status: "running")
        next.created = 99
        next.started = 5
        commit.jobs = [next]
        try await store.commit(commit)
        next.status = "success"
        next.started = 8
        next.ended = 9
        commit.jobs = [next]
        try await store.commit(commit)
        let job = try #require(try await store.job("j"))
        #expect(job.status == "success")
        #expect(job.created == 1)
        #expect(job.started == 5)
        #expect(job.ended == 9)
        #expect(job.parties == ["guest": ["9999"]])
    }

    @Test(arguments: Kind.allCases) func jobsAreListedNewestFirst(kind: Kind) async throws {
        let store = try await kind.make()
        var commit = Commit()
        commit.jobs = (1...3).map { number in
            var job = Self.job("j\(number)", status: number == 2 ? "failed" : "success")
            job.created = Int64(number)
            return job
        }
        try await store.commit(commit)
        #expect(try await store.jobs(status: nil, limit: 2, offset: 0).map(\.job) == ["j3", "j2"])
        #expect(try await store.jobs(status: "success", limit: 5, offset: 1).map(\.job) == ["j1"])
        try await store.removeJob("j3")
        #expect(try await store.jobs(status: nil, limit: 9, offset: 0).map(\.job) == ["j2", "j1"])
    }

    @Test(arguments: Kind.allCases) func jobsAreFoundByStatusSubmitterAndParty(kind: Kind) async throws {
        let store = try await kind.make()
        var commit = Commit()
        commit.jobs = (1...4).map { number in
            var job = Self.job("j\(number)", status: number.isMultiple(of: 2) ? "failed" : "success")
            job.created = Int64(number)
            job.submitter = number == 4 ? "eve" : "ada"
            job.parties = ["guest": ["9999"], "host": number > 2 ? ["100", "1"] : ["10000"]]
            return job
        }
        try await store.commit(commit)
        var query = JobQuery(limit: 1, offset: 1)
        query.status = "failed"
        #expect(try await store.jobs(query) == JobPage(jobs: [commit.jobs[1]], total: 2))
        query = JobQuery()
        query.partner = "10000"
        #expect(try await store.jobs(query).jobs.map(\.job) == ["j2", "j1"])
        query.partner = "1000"
        #expect(try await store.jobs(query).total == 0)
        query = JobQuery()
        query.parties = ["1", "7"]
        query.submitter = "ada"
        #expect(try await store.jobs(query).jobs.map(\.job) == ["j3"])
    }

    @Test(arguments: Kind.allCases) func aRerunTakesTheEndOfAJobAway(kind: Kind) async throws {
        let store = try await kind.make()
        var commit = Commit()
        var job = Self.job("j", status: "failed")
        for (end, specification) in [(5, "one"), (nil, ""), (9, "two")] as [(Int64?, String)] {
            job.ended = end
            job.specification = Data(specification.utf8)
            commit.jobs = [job]
            try await store.commit(commit)
            let known = try #require(try await store.job("j"))
            #expect(known.ended == end)
            #expect(String(decoding: known.specification, as: UTF8.self) == (end == 9 ? "two" : "one"))
        }
    }

    @Test(arguments: Kind.allCases) func aTableNamePointsToItsNewestVersion(kind: Kind) async throws {
        let store = try await kind.make()
        #expect(try await store.putTable(Self.table(sealed: "one")) == nil)
        let replaced = try await store.putTable(Self.table(sealed: "two"))
        #expect(replaced?.sealed == "one")
        #expect(try await store.tables().map(\.sealed) == ["two"])
        #expect(try await store.sealedPaths() == ["/home/tables/two"])
    }

    @Test(arguments: Kind.allCases) func aTableTakesItsGrantsAlong(kind: Kind) async throws {
        let store = try await kind.make()
        _ = try await store.putTable(Self.table(sealed: "one"))
        let grant = TableGrant(
            namespace: "example", name: "t", partner: "9999", components: ["Reader", "HeteroLR"], created: 1)
        try await store.putGrant(grant)
        #expect(try await store.grants(namespace: "example", name: "t") == [grant])
        #expect(try await store.removeTable(namespace: "example", name: "t"))
        #expect(try await store.grants(namespace: "example", name: "t").isEmpty)
        #expect(try await !store.removeTable(namespace: "example", name: "t"))
    }

    @Test(arguments: Kind.allCases) func liveAttemptsAreThoseWithoutAnEnd(kind: Kind) async throws {
        let store = try await kind.make()
        var attempt = AttemptRecord(
            job: "j", task: "t", attempt: 0, role: "guest", party: "9999", component: "HeteroLR", engine: "local",
            status: "running", started: 1)
        var commit = Commit()
        commit.attempts = [attempt]
        try await store.commit(commit)
        #expect(try await store.liveAttempts() == [attempt])
        attempt.ended = 2
        commit.attempts = [attempt]
        try await store.commit(commit)
        #expect(try await store.liveAttempts().isEmpty)
        #expect(try await store.attempts(job: "j") == [attempt])
    }

    @Test(arguments: Kind.allCases) func trackingKeepsItsOrder(kind: Kind) async throws {
        let store = try await kind.make()
        let records = (0..<4).map { number in
            TrackingRecord(
                job: "j", task: number < 2 ? "a" : "b", attempt: 0, role: "guest", party: "9999", kind: .metric,
                name: "loss", payload: Data("\(number)".utf8), time: 1)
        }
        try await store.appendTracking(records)
        #expect(try await store.tracking(job: "j", task: nil, kind: .metric) == records)
        #expect(try await store.tracking(job: "j", task: "b", kind: nil).count == 2)
        #expect(try await store.tracking(job: "j", task: nil, kind: .model).isEmpty)
    }

    @Test(arguments: Kind.allCases) func aTokenIsFoundByItsHashUntilItIsRevoked(kind: Kind) async throws {
        let store = try await kind.make()
        let token = TokenRecord(
            id: "t", hash: "abc", submitter: "ada", parties: ["9999"], rights: ["read"], created: 1)
        try await store.putToken(token)
        #expect(try await store.token(hash: "abc") == token)
        #expect(try await store.token(hash: "abd") == nil)
        #expect(try await store.removeToken(id: "t"))
        #expect(try await store.token(hash: "abc") == nil)
    }

    @Test(arguments: Kind.allCases) func refusedCallersAreListedNewestFirst(kind: Kind) async throws {
        let store = try await kind.make()
        for number in 1...3 {
            try await store.appendSecurity(
                SecurityRecord(time: Int64(number), kind: "foreign_origin", caller: "::1", text: "\(number)"))
        }
        #expect(try await store.security(limit: 2).map(\.text) == ["3", "2"])
    }

    @Test(arguments: Kind.allCases) func changesOfPluginsAreListedNewestFirst(kind: Kind) async throws {
        let store = try await kind.make()
        let changes = [("a", PluginChange.Action.install), ("b", .refuse), ("a", .disable)].enumerated().map {
            PluginChange(
                time: Int64($0.offset), action: $0.element.1, plugin: $0.element.0, version: "1.0", digest: "d",
                caller: "ada", detail: "x")
        }
        for change in changes {
            var commit = Commit()
            commit.pluginChanges = [change]
            try await store.commit(commit)
        }
        #expect(try await store.pluginChanges(plugin: nil, limit: 2) == [changes[2], changes[1]])
        #expect(try await store.pluginChanges(plugin: "a", limit: 9) == [changes[2], changes[0]])
    }

    @Test func whatWasWrittenIsThereAfterAReopening() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "norn.db").path
        try await SQLiteStore(path: path).setValue("epoch", "7")
        #expect(try await SQLiteStore(path: path).value("epoch") == "7")
    }

    static func job(_ id: String, status: String) -> JobRecord {
        JobRecord(
            job: id, status: status, submitter: "ada", initiator: "guest:9999", parties: ["guest": ["9999"]],
            specification: Data("{}".utf8), created: 1)
    }

    static func table(sealed: String) -> TableRecord {
        TableRecord(
            namespace: "example", name: "t", sealed: sealed, engine: "standalone", path: "/home/tables/\(sealed)",
            schema: Data([0xA0]), rows: 3, partitions: 4, owner: "9999", created: 1)
    }
}
