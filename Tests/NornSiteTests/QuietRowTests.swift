import NornFlow
import NornStore
import Testing

@testable import NornSite

/// What a site leaves unwritten until there is more to write.
@Suite struct QuietRowTests {
    private static let host = Party(role: .host, id: "10000")
    private static let guest = Party(role: .guest, id: "9999")

    /// More answers to answers than any news needs.
    private static let roundsMaximum = 20
    /// More than any pause before another attempt takes.
    private static let wakesMaximum = 100

    private static let job: Job = {
        let task = JobTask(name: "a", module: "Any", parties: [guest, host])
        return Job(id: "1", initiator: guest, parties: [guest, host], tasks: [task])
    }()

    /// The host's site, as far as the guest's sees it: it says yes to all and runs what it is told.
    private struct Partner {
        var member: Member?
        var started: [Int] = []
        private var now = Instant(milliseconds: 1)

        /// - Returns: what it reports.
        mutating func take(_ messages: [Message]) -> [Report] {
            var reports: [Report] = []
            for case .orders(let orders) in messages {
                if member == nil { member = Member(for: orders, site: "t", epoch: 1, at: now) }
                reports += step(.orders(orders))
            }
            return reports
        }

        mutating func end(_ number: Int) -> [Report] { step(.attemptEnded(task: "a", number: number, .success)) }

        private mutating func step(_ event: Member.Event) -> [Report] {
            now = now + 1
            var reports: [Report] = []
            for effect in member?.step(event, at: now) ?? [] {
                switch effect {
                case .send(.report(let report)): reports.append(report)
                case .check: reports += step(.checked(.accepted(SteppedHeart.terms)))
                case .ask(.hold(let key, let round, _, _, _, _)):
                    reports += step(.ledgerAnswered(.held(key, round: round)))
                case .startAttempt(let order): started.append(order.attempt.number)
                case .cancelAttempt(let attempt, let failure):
                    reports += step(.attemptEnded(task: attempt.task, number: attempt.number, .failed(failure)))
                default: break
                }
            }
            return reports
        }
    }

    private func written(_ store: SQLiteStore) async throws -> HeartRows.Row<Coordinator> {
        try #require(try await HeartRows.coordinator("1", in: store))
    }

    /// Brings orders and reports to each other until nobody has more to say for now.
    private func talk(_ first: [Message], _ heart: SteppedHeart, _ partner: inout Partner) async throws {
        var messages = first
        for _ in 0..<Self.roundsMaximum where !messages.isEmpty {
            var next: [Message] = []
            for report in partner.take(messages) { next += try await heart.take(.message(.report(report))) }
            messages = next
        }
        #expect(messages.isEmpty, "messages without an end: \(messages)")
    }

    /// A job that runs at both parties, and the host's word that its part is done: the guest's is not, so nothing
    /// follows from it.
    private func running(_ store: SQLiteStore) async throws -> (SteppedHeart, Partner, Report) {
        let heart = SteppedHeart(store, local: Self.guest)
        var partner = Partner()
        try await talk(try await heart.take(.submit(Self.job)), heart, &partner)
        #expect(heart.rows.coordinators["1"]?.value.phase == .running)
        #expect(partner.started == [0] && heart.started.map(\.number) == [0])
        // The guest's part has said that its worker runs, and what is owed by now is answered.
        for _ in 0..<2 { try await talk(try await heart.wake(), heart, &partner) }
        let report = try #require(partner.end(0).last)
        return (heart, partner, report)
    }

    @Test func aQuietReportIsNotedAndNotWritten() async throws {
        let store = try SQLiteStore.inMemory()
        let (heart, _, first) = try await running(store)
        var report = first
        let before = try await written(store)
        for _ in 0..<3 {
            #expect(try await heart.take(.message(.report(report))).isEmpty)
            #expect(heart.rows.coordinators["1"]?.value.members[Self.host]?.reportNumber == report.number)
            report.number += 1
        }
        let after = try await written(store)
        #expect(after.version == before.version && after.value == before.value)
        // It wanted an answer, which says that it came: with that it is written.
        let answer = try await heart.wake()
        #expect(answer.map(\.to) == [Self.host])
        #expect(try await written(store).value == heart.rows.coordinators["1"]?.value)
    }

    @Test func aQuietReportIsWrittenWithTheNextThingThatIsNot() async throws {
        let store = try SQLiteStore.inMemory()
        let (heart, _, report) = try await running(store)
        let version = try #require(try await written(store).version)
        _ = try await heart.take(.message(.report(report)))
        // What the log says of it comes with it.
        let last = try await store.lastEvent()
        _ = try await heart.take(.coordinator("1", .setPriority(2, by: "a user")))
        let row = try await written(store)
        #expect(row.version == version + 1)
        #expect(row.value == heart.rows.coordinators["1"]?.value)
        #expect(row.value.members[Self.host]?.reportNumber == report.number)
        let events = try await store.events(after: last, job: "1", limit: 9).map(\.kind)
        #expect(events.contains("worker") && events.contains("priority"))
    }

    @Test func aQuietReportIsWrittenWithATurnThatWritesItsRow() async throws {
        let (heart, _, report) = try await running(try SQLiteStore.inMemory())
        let priority = HeartDriver.Input.coordinator("1", .setPriority(2, by: "a user"))
        let alone = heart.step([.message(.report(report))])
        #expect(alone.quiet == [.coordinator("1")])
        #expect(try alone.commit([], wallMilliseconds: 1).isEmpty)
        for inputs in [[priority, .message(.report(report))], [.message(.report(report)), priority]] {
            let step = heart.step(inputs)
            #expect(step.quiet.isEmpty)
            #expect(try step.commit([], wallMilliseconds: 1).writes.map(\.id).contains("1"))
        }
    }

    @Test func aQuietReportThatARestartLostDoesNoHarm() async throws {
        let store = try SQLiteStore.inMemory()
        let (old, first, report) = try await running(store)
        var partner = first
        _ = try await old.take(.message(.report(report)))
        let heart = SteppedHeart(store, local: Self.guest, fence: 2, at: 70_000)
        try await talk(try await heart.recover(), heart, &partner)
        // The guest's worker died with its site: the task is tried again at both, once.
        for _ in 0..<Self.wakesMaximum where heart.started.isEmpty {
            try await talk(try await heart.wake(), heart, &partner)
        }
        #expect(heart.started.map(\.number) == [1] && partner.started == [0, 1])
        for report in partner.end(1) {
            try await talk(try await heart.take(.message(.report(report))), heart, &partner)
        }
        let key = MemberKey(job: "1", party: Self.guest)
        try await talk(
            try await heart.take(.member(key, .attemptEnded(task: "a", number: 1, .success))), heart, &partner)
        #expect(heart.rows.coordinators["1"]?.value.status == .success)
        #expect(partner.member?.orders.end == .success)
        #expect(partner.started == [0, 1])
    }

    // MARK: The site of a member

    private func orders(_ effects: [Effect]) -> Orders? {
        effects.compactMap { if case .send(.orders(let orders)) = $0, orders.to == Self.host { orders } else { nil } }
            .last
    }

    /// Orders that say nothing new: the coordinator has heard.
    @Test func ordersThatOnlyAcknowledgeAreNotWritten() async throws {
        let store = try SQLiteStore.inMemory()
        let heart = SteppedHeart(store, local: Self.host)
        var coordinator = Coordinator(job: Self.job, fence: 1, at: heart.now)
        let first = try #require(orders(coordinator.step(.submitted, at: heart.now)))
        guard case .report(let report)? = try await heart.take(.message(.orders(first))).last else {
            Issue.record("the member says nothing")
            return
        }
        let key = MemberKey(job: "1", party: Self.host)
        let before = try #require(try await store.aggregate(kind: "member", id: key.description))
        let answer = try #require(orders(coordinator.step(.report(report), at: heart.now)))
        #expect(answer.number == first.number && answer.acknowledgedReport == report.number && !answer.needsAnswer)
        let row = try #require(try await HeartRows.member(key, in: store))
        #expect(try await heart.take(.message(.orders(answer))).isEmpty)
        let noted = try #require(heart.rows.members[key]?.value)
        #expect(noted != row)
        #expect(try await store.aggregate(kind: "member", id: key.description) == before)
        // It is written with the stop that follows.
        #expect(try await heart.take(.member(key, .stop(by: "a user"))).map(\.to) == [Self.guest])
        #expect(try await store.aggregate(kind: "member", id: key.description)?.version == before.version + 1)
        #expect(try await HeartRows.member(key, in: store) == heart.rows.members[key]?.value)
    }
}
