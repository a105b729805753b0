import NornFlow
import Testing

@Suite struct PauseTests {
    @Test func aPausedJobFinishesItsTaskGivesAllBackAndGoesOnWhenResumed() throws {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(HandWorld.job())
        #expect(world.held("10000") == 1)
        world.feed("j", .pause(by: "alice"))
        #expect(world.workers.count == 2, "a running task goes on")
        #expect(world.coordinators["j"]?.phase == .running)
        #expect(world.members[world.key(HandWorld.host)]?.orders.isPaused == true)
        world.endWorkers()
        #expect(world.coordinators["j"]?.phase == .paused)
        #expect(world.status() == .waiting)
        #expect(world.held("9999") == 0 && world.held("10000") == 0)
        let reason = try #require(world.coordinators["j"]?.waitingReasons().first)
        #expect(reason.kind == .paused && reason.party == nil && reason.words == "alice")
        #expect(reason.line == "paused by alice")
        world.outcome = { _ in .success }
        world.feed("j", .resume(by: "bob"))
        #expect(world.status() == .success)
        #expect(world.numbers("a") == [0], "what succeeded is not run again")
        #expect(world.held("10000") == 0)
    }

    @Test func theTimeLimitRestsWhileAJobIsPaused() {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(HandWorld.job("j", tasks: ["a", "b"], JobParameters(timeoutSeconds: 100)))
        world.pass(milliseconds: 60_000)
        world.feed("j", .pause(by: "alice"))
        world.endWorkers()
        world.pass(milliseconds: 3_600_000)
        #expect(world.coordinators["j"]?.phase == .paused)
        world.restart("9999")
        world.pass(milliseconds: 3_600_000)
        #expect(world.coordinators["j"]?.phase == .paused, "a restart does not resume")
        world.feed("j", .resume(by: "alice"))
        world.pass(milliseconds: 30_000)
        #expect(world.status() == .running)
        world.pass(milliseconds: 15_000)
        #expect(world.status() == .timeout)
    }

    @Test func aPausedJobCanBeStoppedByEitherSide() {
        for stops in [true, false] {
            var world = HandWorld()
            world.outcome = { _ in nil }
            world.submit(HandWorld.job())
            world.feed("j", .pause(by: "alice"))
            world.endWorkers()
            if stops {
                world.feed("j", .stop(by: "alice"))
            } else {
                world.feed(world.key(HandWorld.host), .stop(by: "henry"))
            }
            #expect(world.status() == .canceled)
            #expect(world.coordinators["j"]?.stopConfirmed == [HandWorld.guest: true, HandWorld.host: true])
        }
    }

    @Test func aJobPausedBeforeItStartsWaitsWithoutAPlaceInAQueue() {
        var world = HandWorld()
        world.cut = ["10000"]
        world.submit(HandWorld.job())
        world.feed("j", .pause(by: "alice"))
        world.cut = []
        world.feed("j", .partnerBack([HandWorld.host]))
        #expect(world.coordinators["j"]?.phase == .paused)
        #expect(world.held("9999") == 0)
        world.feed("j", .resume(by: "alice"))
        #expect(world.status() == .success)
    }

    @Test func resumeBeforeTheTaskEndsChangesNothing() {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(HandWorld.job("j", tasks: ["a"]))
        world.feed("j", .pause(by: "alice"))
        world.feed("j", .resume(by: "alice"))
        world.endWorkers()
        #expect(world.status() == .success)
    }
}
