import Foundation
import NornFlow
import NornStore
import Testing

@testable import NornSite

@Suite struct TaskTimesTests {
    private let guest = Party(role: .guest, id: "9999")

    private func event(_ entry: LogEntry, _ time: Int64) throws -> NewEvent {
        NewEvent(job: entry.job, kind: entry.subject.rawValue, payload: try JSONEncoder().encode(entry), time: time)
    }

    private func commit(_ events: [NewEvent]) -> Commit {
        var commit = Commit()
        commit.events = events
        return commit
    }

    private func task(_ to: TaskStatus) -> LogEntry { LogEntry(job: "j", subject: .task, task: "a", to: to.rawValue) }

    private func worker(_ to: WorkerStatus) -> LogEntry {
        LogEntry(job: "j", subject: .worker, party: guest, task: "a", attempt: 1, to: to.rawValue)
    }

    @Test func timesGoOnFromWhatWasRead() async throws {
        let store = try SQLiteStore.inMemory()
        let cache = TaskTimesCache(store: store)
        _ = try await store.commit(
            commit([try event(task(.running), 10), try event(worker(.starting), 12)]))
        var times = try await cache.times(of: "j")
        #expect(times.started["a"] == 10 && times.ended["a"] == nil)
        #expect(times.newestAttempt("a") == 1)
        let other = LogEntry(job: "k", subject: .task, task: "a", to: TaskStatus.success.rawValue)
        _ = try await store.commit(
            commit([
                try event(other, 13), try event(worker(.success), 20), try event(task(.success), 21),
            ]))
        times = try await cache.times(of: "j")
        #expect(times.started["a"] == 10 && times.ended["a"] == 21)
        #expect(times.milliseconds("a", 1, guest) == 8)
        // A rerun begins anew.
        _ = try await store.commit(commit([try event(task(.running), 30)]))
        times = try await cache.times(of: "j")
        #expect(times.started["a"] == 30 && times.ended["a"] == nil)
    }
}
