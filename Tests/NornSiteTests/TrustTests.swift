import NornFlow
import NornStore
import Testing

@testable import NornSite

/// A partner that knows the id of a job from here gains nothing by it.
@Suite struct TrustTests {
    private static let here = Party(role: .guest, id: "9999")
    private static let neighbour = Party(role: .host, id: "9998")
    private static let partner = Party(role: .guest, id: "10000")
    private static let isLocal: @Sendable (Party) -> Bool = { $0.id.hasPrefix("999") }

    private static func job(_ initiator: Party, _ other: Party, id: String = "1") -> Job {
        let parties = [initiator, other]
        return Job(
            id: id, initiator: initiator, parties: parties,
            tasks: [JobTask(name: "toy_0", module: "SecureAddExample", parties: parties)])
    }

    private static func orders(of job: Job, to party: Party) throws -> Orders {
        var coordinator = Coordinator(job: job, fence: 1, at: Instant(milliseconds: 1))
        let sent = coordinator.step(.submitted, at: Instant(milliseconds: 1)).compactMap { effect in
            if case .send(.orders(let orders)) = effect, orders.to == party { orders } else { nil }
        }
        return try #require(sent.last)
    }

    private static func step(_ rows: HeartRows = HeartRows(site: "s"), _ inputs: HeartDriver.Input...) -> HeartRows {
        var step = HeartStep(rows: rows, fence: 1, now: Instant(milliseconds: 1), isLocal: isLocal) { $0.id }
        step.run(inputs)
        step.apply()
        return rows
    }

    @Test func aSubmissionCoversOnlyJobsThatBeganHere() async throws {
        let store: any Store = try SQLiteStore.inMemory()
        let trusted = TrustedSubmissions(store: store, isLocal: Self.isLocal)
        try await trusted.remember(.site, job: "1") { submission in
            // Before it is written, as after.
            #expect(try await trusted.covers(Self.neighbour.id, Self.job(Self.here, Self.neighbour)))
            var commit = Commit()
            commit.values = [submission]
            try await store.commit(commit)
        }
        #expect(try await trusted.covers(Self.neighbour.id, Self.job(Self.here, Self.neighbour)))
        #expect(try await !trusted.covers(Self.neighbour.id, Self.job(Self.partner, Self.neighbour)))
    }

    @Test func ordersUnderTheIdOfAJobOfThisSiteAreDropped() throws {
        let stolen = try Self.orders(of: Self.job(Self.partner, Self.neighbour), to: Self.neighbour)
        let rows = Self.step(HeartRows(site: "s"), .submit(Self.job(Self.here, Self.partner)))
        let key = MemberKey(job: "1", party: Self.neighbour)
        #expect(Self.step(rows, .message(.orders(stolen))).members[key] == nil)
        // The same orders make a member where the id is free.
        #expect(Self.step(HeartRows(site: "s"), .message(.orders(stolen))).members[key] != nil)
    }

    @Test func ordersUnderTheIdOfAnotherPartnersJobAreDropped() throws {
        let first = try Self.orders(of: Self.job(Self.partner, Self.here), to: Self.here)
        let other = Party(role: .guest, id: "20000")
        let stolen = try Self.orders(of: Self.job(other, Self.neighbour), to: Self.neighbour)
        let rows = Self.step(HeartRows(site: "s"), .message(.orders(first)), .message(.orders(stolen)))
        #expect(rows.members.keys.map(\.party) == [Self.here])
    }

    @Test func aPeerFillsOnlyItsOwnShareOfTheSite() throws {
        func first(_ initiator: Party, _ number: Int) throws -> HeartDriver.Input {
            let job = Self.job(initiator, Self.here, id: "job\(number)")
            return .message(.orders(try Self.orders(of: job, to: Self.here)))
        }
        var step = HeartStep(
            rows: HeartRows(site: "s"), fence: 1, now: Instant(milliseconds: 1), isLocal: Self.isLocal
        ) { $0.id }
        let many = try (0..<HeartStep.membersOfPeerMaximum + 2).map { try first(Self.partner, $0) }
        step.run(many + [try first(Party(role: .guest, id: "20000"), many.count)])
        #expect(step.refused.count == 2)
        step.apply()
        #expect(step.rows.members.count == HeartStep.membersOfPeerMaximum + 1)
    }
}
