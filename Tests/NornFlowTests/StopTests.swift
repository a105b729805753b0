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
