import Foundation
import Logging
import NornFlow
import NornStore
import Testing

@testable import NornSite

@Suite struct HeartDriverTests {
    @Test func anInputThatWasNotWrittenIsAnErrorForItsSenderAlone() async throws {
        let store = try SQLiteStore.inMemory()
        var commit = Commit()
        commit.writes = [
            AggregateWrite(
                kind: HeartRows.Kind.coordinator.rawValue, id: "broken", expected: nil, payload: Data("x".utf8))
        ]
        _ = try await store.commit(commit)
        let driver = HeartDriver(
            store: store, feed: EventFeed(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, site: "s",
            fence: 1,
            outside: HeartDriver.Outside(
                isLocal: { _ in true }, peerName: { $0.id }, send: { _ in }, check: { _, _, _ in }, start: { _ in },
                cancel: { _, _ in }, cleanUp: { _ in }))
        let refusal = await #expect(throws: SiteError.self) { try await driver.step(.coordinator("broken", .woken)) }
        #expect(refusal?.code == "heart_not_written")
        let guest = Party(role: .guest, id: "9999")
        let task = JobTask(name: "a", module: "Any", parties: [guest])
        try await driver.step(.submit(Job(id: "1", initiator: guest, parties: [guest], tasks: [task])))
        #expect(try await HeartRows.coordinator("1", in: store) != nil)
    }
}
