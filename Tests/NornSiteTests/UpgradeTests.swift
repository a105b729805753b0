import Foundation
import NornFlow
import Testing

@testable import NornSite
@testable import NornStore

/// What an earlier release wrote is read by this one. The fixtures are what part 1's release really wrote.
@Suite struct UpgradeTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    private static let live = "2026112400073226103900"

    /// A site of part 1 that was killed while a job ran: its store as it was found.
    private func withStore(_ body: (URL) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "norn-part1-\(UUID().uuidString).db")
        defer {
            for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + end) }
        }
        try FileManager.default.copyItem(at: Self.fixtures.appending(path: "part1.db"), to: file)
        try await body(file)
    }

    @Test func aStoreOfPart1KeepsWhatItHas() async throws {
        try await withStore { file in
            #expect(try SQLiteStore.examine(path: file.path).schema == 1)
            let store = try SQLiteStore(path: file.path)
            let jobs = try await store.jobs(status: nil, limit: 10, offset: 0)
            #expect(jobs.map(\.status) == ["running", "failed", "success", "success"])
            #expect(jobs[1].failure != nil && jobs[1].ended != nil)
            #expect(try await store.attempts(job: jobs[2].job).map(\.status) == ["success", "success"])
            #expect(try await store.tables().map(\.rows) == [19])
            let grants = try await store.grants(namespace: "example", name: "breast")
            #expect(grants.map(\.partner) == ["10000", "777"])
            #expect(grants.last?.components?.count == 1)
            #expect(try await store.events(after: 0, job: nil, limit: 1000).count == 129)
            #expect(try await store.tracking(job: jobs[2].job, task: nil, kind: nil).isEmpty == false)
            #expect(try await store.tokens().count == 1)
            #expect(try await store.auditHead() == .none)
            #expect(try await store.pluginChanges(plugin: nil, limit: 10).isEmpty)
            let found = try SQLiteStore.examine(path: file.path)
            #expect(found.schema == found.knownSchema && !found.isLater)
        }
    }

    @Test func aJobThatPart1LeftRunningGoesOnToItsEnd() async throws {
        try await withStore { file in
            let store = try SQLiteStore(path: file.path)
            let site = try #require(try await store.value("site"))
            let epoch = try #require(Int(try await store.value("epoch") ?? ""))
            let driver = HeartUnderTest.driver(store, site: site, fence: UInt64(epoch + 1), runsAttempts: true)
            let serving = Task { await driver.run() }
            defer { serving.cancel() }
            try await driver.recover(capacity: [
                "standalone": Resources(cores: 64, memoryBytes: 1 << 40, workingNodes: 64)
            ])
            let deadline = ContinuousClock.now + .seconds(60)
            while try await store.job(Self.live)?.ended == nil {
                guard ContinuousClock.now < deadline else {
                    let row = try await HeartRows.coordinator(Self.live, in: store)?.value
                    Issue.record("the job stays as it is: \(String(describing: row))")
                    return
                }
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await store.job(Self.live)?.status == "success")
            let coordinator = try #require(try await HeartRows.coordinator(Self.live, in: store)?.value)
            #expect(coordinator.tasks.values.map { $0.attempts.map(\.status) } == [[.lost, .success]])
        }
    }

    @Test func aStoreOfALaterReleaseIsRefused() async throws {
        try await withStore { file in
            let store = try SQLiteStore(path: file.path)
            try await store.pretendMigration("9-from-the-future")
            let error = #expect(throws: StoreError.self) { try SQLiteStore(path: file.path) }
            #expect("\(try #require(error))".contains("start the release that wrote it"))
            #expect(try SQLiteStore.examine(path: file.path).isLater)
        }
    }
}
