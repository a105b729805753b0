import NornFlow
import Testing

/// What a coordinator makes of a party whose rows, or whose own, are those of a backup. The simulator found each.
@Suite struct RestoredRowTests {
    private let host = HandWorld.host

    private func orders(_ effects: [Effect], to party: Party) -> Orders? {
        effects.compactMap { if case .send(.orders(let orders)) = $0, orders.to == party { orders } else { nil } }.last
    }

    /// By an order that the coordinator's backup does not have.
    @Test func anAttemptThatAPartyCanceledOfItselfIsLostNotCanceled() throws {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(HandWorld.job("j", tasks: ["a"]))
        var coordinator = try #require(world.coordinators["j"])
        var report = try #require(world.reports[host])
        report.number += 1
        report.body.attempts[0].status = .canceled
        _ = coordinator.step(.report(report), at: world.now)
        #expect(coordinator.tasks["a"]?.attempts.first?.outcome == .lost)
        #expect(coordinator.outcome == nil)
    }

    /// A job of which the host's site, full with another one, cannot hold its part.
    private func shortAtTheHost() -> HandWorld {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.addSite("9999", cores: 8)
        let parameters = JobParameters(sizes: JobSizes(taskCores: 4))
        world.submit(HandWorld.job("j", tasks: ["a"], parameters))
        world.submit(HandWorld.job("k", tasks: ["a"], parameters))
        return world
    }

    @Test func aPartyThatChecksAgainWhileOthersReserveIsWaitedFor() throws {
        let world = shortAtTheHost()
        var coordinator = try #require(world.coordinators["k"])
        #expect(coordinator.phase == .reserving)
        #expect(!coordinator.waitingReasons().contains { $0.kind == .beingChecked })
        var report = try #require(world.reports[host])
        #expect(report.job == "k")
        report.number += 1
        report.body.approval = .checking
        report.body.reservation.status = .none
        _ = coordinator.step(.report(report), at: world.now)
        #expect(coordinator.waitingReasons().contains { $0.kind == .beingChecked && $0.party == host })
    }

    /// A round that the party knows and the coordinator's backup does not is never asked for again.
    @Test func aPartyThatKnowsALaterRoundIsAskedForOneBeyondIt() throws {
        let world = shortAtTheHost()
        var coordinator = try #require(world.coordinators["k"])
        var report = try #require(world.reports[host])
        report.number += 1
        report.body.reservation.round = 7
        report.body.reservation.status = .held
        let effects = coordinator.step(.report(report), at: world.now)
        let reservation = try #require(orders(effects, to: host)).body.reservation
        #expect(reservation.want == .hold)
        #expect(reservation.round == 8)
    }

    @Test func ordersThatARestoredPartyForgotAreDueAgainAtOnce() throws {
        var world = HandWorld()
        world.verdict = { key, job in
            let terms = Member.Terms(engine: "local", needs: [:], capacity: Resources(cores: 4))
            return key.party == HandWorld.host ? .waitingForApproval(terms, reason: "new partner") : .accepted(terms)
        }
        world.submit(HandWorld.job())
        var coordinator = try #require(world.coordinators["j"])
        var report = try #require(world.reports[host])
        report.epoch += 1
        report.number = 1
        report.acknowledgedOrders = 0
        report.needsAnswer = false
        let effects = coordinator.step(.report(report), at: world.now)
        #expect(orders(effects, to: host)?.needsAnswer == true)
    }
}
