import Foundation
import NornFlow
import Testing

@testable import NornSite
@testable import NornStore

@Suite struct HeartDriverTests {
    @Test func anInputThatWasNotWrittenIsAnErrorForItsSenderAlone() async throws {
        let store = try SQLiteStore.inMemory()
        var commit = Commit()
        commit.writes = [
            AggregateWrite(
                kind: HeartRows.Kind.coordinator.rawValue, id: "broken", expected: nil, payload: Data("x".utf8))
        ]
        _ = try await store.commit(commit)
        let driver = HeartUnderTest.driver(store)
        let refusal = await #expect(throws: SiteError.self) { try await driver.step(.coordinator("broken", .woken)) }
        #expect(refusal?.code == "heart_not_written")
        let guest = Party(role: .guest, id: "9999")
        let task = JobTask(name: "a", module: "Any", parties: [guest])
        try await driver.step(.submit(Job(id: "1", initiator: guest, parties: [guest], tasks: [task])))
        #expect(try await HeartRows.coordinator("1", in: store) != nil)
    }

    /// A disk that is full for a while: who waits is told, what nobody can say again is done later.
    @Test func aStoreThatCannotWriteLosesNoInput() async throws {
        let store = try SQLiteStore.inMemory()
        let driver = HeartUnderTest.driver(store)
        let serving = Task { await driver.run() }
        defer { serving.cancel() }
        try await driver.step(.submit(HeartUnderTest.job("1")))
        try await store.stopGrowth(true)
        let refusal = await #expect(throws: SiteError.self) {
            try await driver.step(.submit(HeartUnderTest.job("2", tasks: 200)))
        }
        #expect(refusal?.code == "heart_not_written")
        for number in 0..<200 {
            driver.put(.coordinator("1", .stop(by: String(repeating: "alice\(number)", count: 200))))
        }
        await #expect(throws: SiteError.self) { try await driver.step(.submit(HeartUnderTest.job("3", tasks: 200))) }
        #expect(try await HeartRows.coordinator("1", in: store)?.value.outcome == nil)
        try await store.stopGrowth(false)
        while try await HeartRows.coordinator("1", in: store)?.value.outcome != .canceled {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try await HeartRows.coordinator("2", in: store) == nil)
        try await driver.step(.submit(HeartUnderTest.job("4")))
        #expect(try await HeartRows.coordinator("4", in: store) != nil)
    }
}
