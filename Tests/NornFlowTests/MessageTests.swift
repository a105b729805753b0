import NornFlow
import Testing

/// How few messages say what is to be said.
@Suite struct MessageTests {
    private let guest = HandWorld.guest
    private let host = HandWorld.host

    /// The messages that a member and its coordinator send while a task runs and ends.
    private func running(_ outcome: Member.WorkerOutcome? = nil) -> HandWorld {
        var world = HandWorld()
        world.outcome = { _ in outcome }
        world.submit(HandWorld.job("j", tasks: ["a"]))
        return world
    }

    @Test func aReportThatWorkRunsWaitsALittle() {
        var world = running()
        let sent = world.messages
        #expect(world.reports[host]?.body.attempts.isEmpty == true)
        world.pass(milliseconds: 299)
        #expect(world.messages == sent)
        world.pass(milliseconds: 1)
        #expect(world.reports[host]?.body.attempts.map(\.status) == [.running])
        #expect(world.coordinators["j"]?.tasks["a"]?.attempts.last?.parties[host]?.status == .running)
    }

    @Test func theEndOfShortWorkIsTheOnlyReport() {
        var world = running()
        let number = world.reports[host]?.number ?? 0
        world.endWorkers()
        #expect(world.status() == .success)
        // One of the worker's end, one of the job's.
        #expect((world.reports[host]?.number ?? 0) == number + 3)
    }

    @Test func whatABrokenLinkHeldBackIsSaidWhenItHeals() {
        var world = running()
        world.cut = ["10000"]
        world.pass(milliseconds: 2_000)
        world.endWorkers()
        world.cut = []
        world.pass(milliseconds: 60_000)
        #expect(world.status() == .success)
    }

    @Test func aRestartSaysAtOnceWhatWaited() {
        var world = running()
        world.restart("10000")
        #expect(world.coordinators["j"]?.tasks["a"]?.attempts.first?.parties[host]?.status == .lost)
    }

    // MARK: One message for two

    private func orders(_ number: UInt64, needsAnswer: Bool, contract: Job? = nil) throws -> Message {
        var coordinator = Coordinator(job: HandWorld.job(), fence: 1, at: Instant(milliseconds: 1))
        let sent = coordinator.step(.submitted, at: Instant(milliseconds: 1)).compactMap { effect -> Orders? in
            if case .send(.orders(let orders)) = effect, orders.to == host { orders } else { nil }
        }
        var orders = try #require(sent.first)
        (orders.number, orders.acknowledgedReport) = (number, number)
        (orders.needsAnswer, orders.contract) = (needsAnswer, contract)
        return .orders(orders)
    }

    @Test func aLaterMessageStandsForAnEarlierOne() throws {
        let first = try orders(1, needsAnswer: true, contract: HandWorld.job())
        let second = try orders(2, needsAnswer: false)
        #expect(first.lane == second.lane)
        guard case .orders(let both) = second.superseding(first) else {
            Issue.record("orders became a report")
            return
        }
        #expect(both.number == 2 && both.acknowledgedReport == 2)
        #expect(both.needsAnswer, "what was asked for is asked for still")
        #expect(both.contract == HandWorld.job())
    }

    @Test func messagesOfOtherJobsPartiesAndKindsAreOfOtherLanes() throws {
        let world = running()
        let report = try #require(world.reports[host])
        let lanes = [
            try orders(1, needsAnswer: true).lane, Message.report(report).lane,
            Message.report(try #require(world.reports[guest])).lane,
        ]
        #expect(Set(lanes).count == 3)
    }
}
