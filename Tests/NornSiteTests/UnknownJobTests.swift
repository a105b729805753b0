import Foundation
import NornFlow
import NornStore
import Synchronization
import Testing

@testable import NornSite

/// Jobs that partners know and this site does not, as after a restore of an older backup: they end.
@Suite struct UnknownJobTests {
    private let guest = Party(role: .guest, id: "9999")
    private let host = Party(role: .host, id: "10000")

    private func job(_ id: JobID = "1") -> Job {
        let task = JobTask(name: "only", module: "Any", parties: [guest, host])
        return Job(id: id, initiator: guest, parties: [guest, host], tasks: [task])
    }

    private func terms() -> Member.Terms {
        Member.Terms(engine: "local", needs: ["only": Resources(cores: 1)], capacity: Resources(cores: 8))
    }

    /// A coordinator of a job whose host has said yes.
    private func coordinator(_ now: Instant) throws -> (Coordinator, Member) {
        var coordinator = Coordinator(job: job(), fence: 1, at: now)
        let first = try #require(SentMessages.orders(coordinator.step(.submitted, at: now), to: host))
        var member = try #require(Member(for: first, site: "b", epoch: 1, at: now))
        _ = member.step(.orders(first), at: now)
        let report = try #require(SentMessages.report(member.step(.checked(.accepted(terms())), at: now)))
        _ = coordinator.step(.report(report), at: now)
        return (coordinator, member)
    }

    @Test func aPartnerThatForgotTheJobEndsItAtItsCoordinator() async throws {
        let now = Instant(milliseconds: 1000)
        var (coordinator, _) = try coordinator(now)
        let effects = coordinator.step(.siteRestarted(fence: 2), at: now)
        let orders = try #require(SentMessages.orders(effects, to: host))
        #expect(orders.contract == nil)
        // The host's site was restored: it has no row, and is in a later epoch.
        let sent = SentMessages()
        let driver = HeartUnderTest.driver(
            try SQLiteStore.inMemory(), site: "b", fence: 9, isLocal: { [host] in $0 == host }
        ) { sent.add($0) }
        try await driver.step(.message(.orders(orders)))
        guard case .report(let report)? = sent.messages.last else { throw Missing() }
        _ = coordinator.step(.report(report), at: now)
        #expect(coordinator.outcome == .canceled)
        #expect(coordinator.failure?.what.contains("does not know this job any more") == true)
        #expect(coordinator.failure?.party == host)
        // Told of the end, it has settled.
        let end = try #require(SentMessages.orders(coordinator.step(.woken, at: now + 120_000), to: host))
        try await driver.step(.message(.orders(end)))
        guard case .report(let settled)? = sent.messages.last else { throw Missing() }
        #expect(settled.body.settled && !settled.body.wantsStop)
    }

    @Test func aCoordinatorsSiteThatForgotTheJobEndsItAtItsPartners() async throws {
        let now = Instant(milliseconds: 1000)
        var (_, member) = try coordinator(now)
        let report = try #require(SentMessages.report(member.step(.siteRestarted(epoch: 2), at: now)))
        let sent = SentMessages()
        let driver = HeartUnderTest.driver(
            try SQLiteStore.inMemory(), site: "a", fence: 9, isLocal: { [guest] in $0 == guest }
        ) { sent.add($0) }
        try await driver.step(.message(.report(report)))
        guard case .orders(let orders)? = sent.messages.last else { throw Missing() }
        let settled = try #require(SentMessages.report(member.step(.orders(orders), at: now)))
        #expect(member.isSettled)
        #expect(member.orders.end == .failed)
        #expect(member.orders.endFailure?.what.contains("does not know this job any more") == true)
        // It is heard, and asks no more; its state stays.
        try await driver.step(.message(.report(settled)))
        guard case .orders(let last)? = sent.messages.last else { throw Missing() }
        _ = member.step(.orders(last), at: now)
        #expect(SentMessages.report(member.step(.woken, at: now + 600_000)) == nil)
    }

    /// A settled row that was cleaned up is made anew by orders with the contract; its reports are heard.
    @Test func aRowThatIsMadeAgainNumbersItsReportsFromWhereTheCoordinatorHeard() throws {
        let now = Instant(milliseconds: 1000)
        var (coordinator, _) = try coordinator(now)
        var orders = try #require(
            SentMessages.orders(coordinator.step(.siteRestarted(fence: 2), at: now), to: host))
        #expect(orders.acknowledgedReport > 0)
        orders.contract = job()
        var member = try #require(Member(for: orders, site: "b", epoch: 1, at: now))
        let effects = member.step(.orders(orders), at: now) + member.step(.checked(.accepted(terms())), at: now)
        let report = try #require(SentMessages.report(effects))
        #expect(report.number > orders.acknowledgedReport)
    }

    private struct Missing: Error {}
}

/// What a heart sends.
final class SentMessages: Sendable {
    private let list = Mutex<[Message]>([])

    var messages: [Message] { list.withLock { $0 } }
    func add(_ message: Message) { list.withLock { $0.append(message) } }

    static func orders(_ effects: [Effect], to party: Party) -> Orders? {
        effects.compactMap { if case .send(.orders(let orders)) = $0, orders.to == party { orders } else { nil } }.last
    }

    static func report(_ effects: [Effect]) -> Report? {
        effects.compactMap { if case .send(.report(let report)) = $0 { report } else { nil } }.last
    }
}
