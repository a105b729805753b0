import Testing

@testable import NornFlow

/// When a coordinator answers a report that only wants to know whether it came.
@Suite struct AnswerPatienceTests {
    private let host = HandWorld.host

    /// A job whose only task runs at both parties, and what the host says of it.
    private func running() throws -> (coordinator: Coordinator, report: Report, now: Instant) {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(HandWorld.job(tasks: ["a"]))
        // The parties have said that their workers run, and were answered.
        world.pass(milliseconds: 2 * Repair.answerMilliseconds)
        let coordinator = try #require(world.coordinators["j"])
        #expect(coordinator.phase == .running)
        return (coordinator, try #require(world.reports[host]), world.now)
    }

    /// The host's worker is done, the guest's is not: nothing follows from it yet.
    private func done(_ report: Report) -> Report {
        var report = report
        report.number += 1
        report.body.attempts[0].status = .success
        report.needsAnswer = true
        return report
    }

    private func orders(_ effects: [Effect]) -> [Orders] {
        effects.compactMap { if case .send(.orders(let orders)) = $0, orders.to == host { orders } else { nil } }
    }

    private func wake(_ effects: [Effect]) -> Instant? {
        effects.compactMap { if case .wake(let at) = $0 { at } else { nil } }.last ?? nil
    }

    @Test func anAnswerThatSaysNothingElseWaits() throws {
        var (coordinator, report, now) = try running()
        report = done(report)
        let effects = coordinator.step(.report(report), at: now)
        #expect(orders(effects).isEmpty)
        let due = now + Repair.answerMilliseconds
        #expect(wake(effects) == due)
        #expect(orders(coordinator.step(.woken, at: due + -1)).isEmpty)
        let answers = orders(coordinator.step(.woken, at: due))
        #expect(answers.map(\.acknowledgedReport) == [report.number])
        #expect(orders(coordinator.step(.woken, at: due + 1)).isEmpty)
    }

    @Test func anAnswerWaitsFromTheFirstReportThatWantsOne() throws {
        var (coordinator, report, now) = try running()
        report = done(report)
        _ = coordinator.step(.report(report), at: now)
        let due = now + Repair.answerMilliseconds
        #expect(orders(coordinator.step(.report(report), at: due + -1)).isEmpty)
        #expect(orders(coordinator.step(.woken, at: due)).count == 1)
        // Answered, it begins anew with the next one.
        #expect(orders(coordinator.step(.report(report), at: due)).isEmpty)
        #expect(orders(coordinator.step(.woken, at: due + Repair.answerMilliseconds)).count == 1)
    }

    @Test func ordersThatGoAnywayTakeTheAnswerAlong() throws {
        var (coordinator, report, now) = try running()
        report = done(report)
        _ = coordinator.step(.report(report), at: now)
        let stop = orders(coordinator.step(.stop(by: "a user"), at: now + 1))
        #expect(stop.map(\.acknowledgedReport) == [report.number])
        #expect(stop.first?.body.end == .canceled)
        #expect(orders(coordinator.step(.woken, at: now + Repair.answerMilliseconds)).isEmpty)
    }

    /// The party's lease runs from it.
    @Test func aHeartbeatIsAnsweredAtOnce() throws {
        var (coordinator, report, now) = try running()
        report = done(report)
        _ = coordinator.step(.report(report), at: now)
        report.heartbeat += 1
        let answers = orders(coordinator.step(.report(report), at: now + 1))
        #expect(answers.map(\.heartbeat) == [report.heartbeat])
        #expect(answers.map(\.acknowledgedReport) == [report.number])
        #expect(orders(coordinator.step(.woken, at: now + Repair.answerMilliseconds)).isEmpty)
    }

    @Test func aReportThatWantsNoAnswerGetsNone() throws {
        var (coordinator, report, now) = try running()
        report = done(report)
        report.needsAnswer = false
        let effects = coordinator.step(.report(report), at: now)
        #expect(orders(effects).isEmpty)
        #expect(orders(coordinator.step(.woken, at: now + Repair.answerMilliseconds)).isEmpty)
    }

    /// While nothing runs few messages go, and each is waited for.
    @Test func aJobThatDoesNotRunAnswersAtOnce() throws {
        var world = HandWorld()
        world.verdict = { key, _ in
            let terms = Member.Terms(engine: "local", needs: [:], capacity: Resources(cores: 4))
            return key.party == HandWorld.guest ? .waitingForApproval(terms, reason: "new partner") : .accepted(terms)
        }
        world.submit(HandWorld.job(tasks: ["a"]))
        var coordinator = try #require(world.coordinators["j"])
        #expect(coordinator.phase == .creating)
        var report = try #require(world.reports[host])
        report.number += 1
        report.needsAnswer = true
        #expect(orders(coordinator.step(.report(report), at: world.now)).map(\.acknowledgedReport) == [report.number])
    }

    /// A restart asks every party again, which is an answer too.
    @Test func anAnswerThatWaitsDoesNotOutlastARestart() throws {
        var (coordinator, report, now) = try running()
        report = done(report)
        _ = coordinator.step(.report(report), at: now)
        let again = orders(coordinator.step(.siteRestarted(fence: 2), at: now + 5))
        #expect(again.map(\.acknowledgedReport) == [report.number])
        #expect(again.map(\.fence) == [2])
    }
}
