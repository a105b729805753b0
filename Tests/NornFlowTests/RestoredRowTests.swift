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
        // By then the host has said that its worker runs.
        world.pass(milliseconds: 300)
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

    /// A job that ended, ran again and ended otherwise, and the host's row of its first end.
    private func runAgain() throws -> (world: HandWorld, row: Member) {
        var world = HandWorld()
        world.submit(HandWorld.job(tasks: ["a"]))
        #expect(world.status() == .success)
        let row = try #require(world.members[world.key(host)])
        world.verdict = { _, _ in .refused(Failure(.refused, "no more")) }
        world.feed("j", .rerun(Rerun(by: "somebody", selection: .all)))
        #expect(world.status() == .failed)
        return (world, row)
    }

    @Test func aPartyThatForgotARerunSaysSoUnasked() throws {
        let (world, first) = try runAgain()
        var row = first
        var coordinator = try #require(world.coordinators["j"])
        var report = try #require(world.reports[host])
        report.needsAnswer = true
        var late = try #require(orders(coordinator.step(.report(report), at: world.now), to: host))
        // What a coordinator sends to a party that has answered to the contract.
        late.contract = nil
        late.needsAnswer = false
        let sent = row.step(.orders(late), at: world.now).compactMap { effect -> Report? in
            if case .send(.report(let report)) = effect { report } else { nil }
        }
        #expect(sent.last?.contractNumber == 0)
        #expect(sent.last.map { $0.number > late.acknowledgedReport } == true)
    }

    @Test func aRestoredPartyTellsOfItselfUntilItIsHeard() throws {
        var (world, row) = try runAgain()
        world.members[world.key(host)] = row
        world.cut = ["10000"]
        world.restart("10000")
        world.pass(milliseconds: 5_000)
        #expect(world.members[world.key(host)]?.orders.end == .success)
        world.cut = []
        world.pass(milliseconds: 120_000)
        #expect(world.members[world.key(host)]?.orders.end == .failed)
        #expect(world.members[world.key(host)]?.contractNumber == 1)
    }

    /// Restored from a backup, a coordinator begins an attempt again that the party has ended, and of which the party
    /// has nothing new to say: what it says again under a known number counts.
    @Test func aKnownReportTellsTheEndOfAnAttemptThatIsBegunAgain() throws {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(HandWorld.job("j", tasks: ["a"]))
        // By then the host has said that its worker runs.
        world.pass(milliseconds: 300)
        var coordinator = try #require(world.coordinators["j"])
        var known = try #require(world.reports[host])
        known.body.attempts[0].status = .success
        var older = known
        older.number -= 1
        _ = coordinator.step(.report(older), at: world.now)
        #expect(coordinator.tasks["a"]?.attempts[0].parties[host]?.status != .success)
        _ = coordinator.step(.report(known), at: world.now)
        #expect(coordinator.tasks["a"]?.attempts[0].parties[host]?.status == .success)
        // A final word is never taken back.
        known.body.attempts[0].status = .failed
        _ = coordinator.step(.report(known), at: world.now)
        #expect(coordinator.tasks["a"]?.attempts[0].parties[host]?.status == .success)
    }

    @Test func aKnownReportOfAnEarlierContractTellsNothing() throws {
        var world = HandWorld()
        world.submit(HandWorld.job("j", tasks: ["a"]))
        #expect(world.status() == .success)
        world.outcome = { _ in nil }
        world.feed("j", .rerun(Rerun(by: "somebody", selection: .all)))
        world.pass(milliseconds: 300)
        var coordinator = try #require(world.coordinators["j"])
        #expect(coordinator.contractNumber == 1)
        var known = try #require(world.reports[host])
        #expect(known.contractNumber == 1 && known.body.attempts.map(\.number) == [1])
        known.contractNumber = 0
        known.body.attempts[0].status = .success
        _ = coordinator.step(.report(known), at: world.now)
        #expect(coordinator.tasks["a"]?.attempts[1].parties[host]?.status != .success)
    }

    /// An order that was under way when the site fell back on its backup answers a heartbeat that the restored row has
    /// not sent. The coordinator may count that attempt as lost meanwhile: nothing starts by it.
    @Test func anOrderFromBeforeTheRestoreStartsNothing() throws {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(HandWorld.job("j", tasks: ["a", "b"]))
        var row = try #require(world.members[world.key(host)])
        // The lease is renewed a few times after the backup was made.
        world.pass(milliseconds: 35_000)
        world.endWorkers()
        #expect(world.numbers("b", at: host) == [0])
        var coordinator = try #require(world.coordinators["j"])
        var report = try #require(world.reports[host])
        report.needsAnswer = true
        report.heartbeat += 1
        let late = try #require(orders(coordinator.step(.report(report), at: world.now), to: host))
        #expect(late.body.attempts.map(\.task) == ["a", "b"] || late.body.attempts.map(\.task) == ["b"])
        _ = row.step(.siteRestarted(epoch: 2), at: world.now)
        let effects = row.step(.orders(late), at: world.now)
        #expect(!effects.contains { if case .startAttempt = $0 { true } else { false } })
    }

    /// Its outputs went with the rows, and its partner still runs: the party must not run it again by itself.
    @Test func aSuccessThatARestoredPartyForgotIsLost() throws {
        var world = HandWorld()
        world.outcome = { $0.attempt.party == HandWorld.host ? .success : nil }
        world.submit(HandWorld.job("j", tasks: ["a"]))
        var coordinator = try #require(world.coordinators["j"])
        #expect(coordinator.tasks["a"]?.attempts[0].parties[host]?.status == .success)
        var report = try #require(world.reports[host])
        report.epoch += 1
        report.number = 1
        report.body.attempts = []
        _ = coordinator.step(.report(report), at: world.now)
        #expect(coordinator.tasks["a"]?.attempts[0].outcome == .lost)
    }
}
