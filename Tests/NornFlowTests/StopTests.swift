import NornFlow
import Testing

@Suite struct StopTests {
    @Test func aPartyStopsItsPartAtOnceAlsoWhileItIsCutOff() {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(HandWorld.job())
        world.cut = ["10000"]
        world.feed(world.key(HandWorld.host), .stop(by: "henry"))
        #expect(!world.workers.contains { $0.party == HandWorld.host })
        #expect(world.held("10000") == 0)
        #expect(world.status() == .running)
        world.pass(milliseconds: 10_000)
        world.cut = []
        world.feed(world.key(HandWorld.host), .coordinatorBack)
        #expect(world.status() == .canceled)
        #expect(world.coordinators["j"]?.failure?.what == "henry stopped the job at host-10000")
        #expect(world.coordinators["j"]?.stopConfirmed == [HandWorld.guest: true, HandWorld.host: true])
    }

    @Test func aPartyStopsAJobThatWaits() {
        var world = HandWorld()
        world.verdict = { key, job in
            let terms = Member.Terms(engine: "local", needs: [:], capacity: Resources(cores: 4))
            return key.party == HandWorld.host ? .waitingForApproval(terms, reason: "new partner") : .accepted(terms)
        }
        world.submit(HandWorld.job())
        world.feed(world.key(HandWorld.host), .stop(by: "henry"))
        #expect(world.status() == .canceled)
        #expect(world.members.values.allSatisfy { $0.isSettled })
    }

    @Test func aStopIsAskedAgainUntilEveryPartyHasConfirmed() {
        for hears in [true, false] {
            var world = HandWorld()
            world.outcome = { _ in nil }
            world.submit(HandWorld.job())
            world.cut = ["10000"]
            world.feed("j", .stop(by: "alice"))
            #expect(world.coordinators["j"]?.stopConfirmed == [HandWorld.guest: true, HandWorld.host: false])
            world.pass(milliseconds: 600_000)
            #expect(world.status() == .canceled, "no worker can live after lease and grace")
            #expect(world.coordinators["j"]?.isDone == false)
            world.restart("9999")
            world.cut = []
            if hears { world.feed("j", .partnerBack([HandWorld.host])) } else { world.pass(milliseconds: 60_000) }
            #expect(world.coordinators["j"]?.isDone == true)
            #expect(world.members[world.key(HandWorld.host)]?.orders.end == .canceled)
        }
    }
}

@Suite struct TimingTests {
    @Test func whatOrdersSayIsKeptWithinBounds() {
        let none = Timing(leaseMilliseconds: 0, graceMilliseconds: -5, renewalMilliseconds: .max)
        #expect(none.leaseMilliseconds == Timing.leaseBounds.lowerBound)
        #expect(none.graceMilliseconds == Timing.graceBounds.lowerBound)
        #expect(none.renewalMilliseconds * 2 <= none.leaseMilliseconds)
        #expect(Timing(leaseMilliseconds: .max).leaseMilliseconds == Timing.leaseBounds.upperBound)
    }

    @Test func aShorterLeaseEndsEarlierAtBothSides() {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(
            HandWorld.job(),
            timing: Timing(leaseMilliseconds: 6_000, graceMilliseconds: 3_000, renewalMilliseconds: 2_000))
        world.pass(milliseconds: 60_000)
        #expect(world.workers.count == 2, "renewed as long as the other is heard")
        world.cut = ["10000"]
        world.pass(milliseconds: 6_100)
        #expect(!world.workers.contains { $0.party == HandWorld.host })
        world.pass(milliseconds: 3_000)
        #expect(world.coordinators["j"]?.tasks["a"]?.attempts.first?.status == .lost)
    }
}

/// A partner's site that was restored from a backup of before the job, or of before its attempt.
@Suite struct RestoredPartnerTests {
    @Test func aPartyThatForgotTheJobGetsTheContractAgain() {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(HandWorld.job("j", tasks: ["a"]))
        world.members[world.key(HandWorld.host)] = nil
        world.restart("10000")
        world.pass(milliseconds: 200_000)
        world.endWorkers()
        #expect(world.status() == .success)
        #expect(world.coordinators["j"]?.tasks["a"]?.attempts.map(\.status) == [.lost, .success])
        #expect(world.coordinators["j"]?.isDone == true)
    }

    @Test func anAttemptThatAPartyForgotIsNotStartedAgain() {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(HandWorld.job("j", tasks: ["a"]))
        let key = world.key(HandWorld.host)
        world.feed("j", .pause(by: "alice"))
        world.endWorkers()
        let paused = world.members[key]
        #expect(world.status() == .success)
        world.submit(HandWorld.job("k", tasks: ["a", "b"]))
        let other = world.key(HandWorld.host, "k")
        let before = world.members[other]
        world.endWorkers()
        #expect(world.numbers("b", at: HandWorld.host) == [0])
        world.members[other] = before
        world.members[key] = paused
        world.restart("10000")
        world.pass(milliseconds: 100_000)
        world.endWorkers()
        world.pass(milliseconds: 100_000)
        world.endWorkers()
        #expect(world.status("k") == .success, "no identity was started twice on the way")
    }
}
