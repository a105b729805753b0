import NornFlow
import Testing

@Suite struct RetryTests {
    /// When attempts of the only task began, in seconds from the first.
    private func starts(_ world: HandWorld) -> [Int64] {
        let attempts = world.coordinators["j"]?.tasks["a"]?.attempts ?? []
        return attempts.map { ($0.startedAt - (attempts.first?.startedAt ?? $0.startedAt)) / 1_000 }
    }

    @Test func aComponentThatFailsIsTriedAgainAfterLongerAndLongerPauses() throws {
        var world = HandWorld()
        world.outcome = { _ in .failed(Failure(.componentFailed, "diverged")) }
        world.submit(HandWorld.job("j", tasks: ["a"], JobParameters(autoRetries: 3, autoRetryDelaySeconds: 3)))
        #expect(world.status() == .running)
        let reason = try #require(world.coordinators["j"]?.waitingReasons().first)
        #expect(reason.kind == .retryPause && reason.words == "a")
        world.pass(milliseconds: 100_000)
        #expect(world.status() == .failed)
        #expect(starts(world) == [0, 3, 9, 21])
    }

    @Test func whatThePlatformEndedIsTriedAgainWithoutEndAndOutsideTheUsersCount() {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(HandWorld.job("j", tasks: ["a"]))
        for _ in 0..<3 {
            world.restart("10000")
            world.pass(milliseconds: 70_000)
        }
        #expect(world.status() == .running)
        #expect(world.coordinators["j"]?.tasks["a"]?.attempts.map(\.status) == [.lost, .lost, .lost, .running])
        let starts = starts(world)
        #expect(starts[1] >= 1 && starts[2] - 70 >= 2 && starts[3] - 140 >= 4, "\(starts)")
        world.endWorkers()
        #expect(world.status() == .success)
        #expect(world.coordinators["j"]?.tasks["a"]?.retries == 0)
    }

    @Test func whoIsPreemptedGivesBackAndGathersAnew() {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(HandWorld.job("j", tasks: ["a"]))
        let key = world.key(HandWorld.host)
        let failure = Failure(.preempted, "a job of higher priority needs it")
        world.feed(key, .ledgerAnswered(.giveBack(key, round: 1, failure)))
        #expect(world.workers.isEmpty)
        let attempt = world.coordinators["j"]?.tasks["a"]?.attempts.first
        #expect(attempt?.status == .lost && attempt?.failure?.code == .preempted)
        #expect(world.coordinators["j"]?.tasks["a"]?.retries == 0)
        world.outcome = { _ in .success }
        world.pass(milliseconds: 60_000)
        #expect(world.status() == .success)
        world.feed(key, .ledgerAnswered(.giveBack(key, round: 1, failure)))
        #expect(world.held("10000") == 0)
    }

    @Test func theLimitOfATaskCountsEachAttemptAndSurvivesARestart() {
        var world = HandWorld()
        world.outcome = { _ in nil }
        var job = HandWorld.job("j", tasks: ["a"])
        job.tasks[0].timeoutSeconds = 100
        world.submit(job)
        world.pass(milliseconds: 50_000)
        world.restart("10000")
        world.pass(milliseconds: 90_000)
        #expect(world.status() == .running)
        world.pass(milliseconds: 30_000)
        #expect(world.status() == .timeout)
    }
}

@Suite struct PriorityTests {
    @Test func aJobWhoseUserRaisesItsPriorityPassesTheOthersInEveryQueue() throws {
        var world = HandWorld()
        world.outcome = { _ in nil }
        let sizes = JobSizes(taskCores: 4)
        for id in ["j1", "j2", "j3"] {
            world.submit(HandWorld.job(id, tasks: ["a"], JobParameters(sizes: sizes)))
        }
        #expect(world.coordinators["j3"]?.waitingReasons().contains { $0.place == 2 } == true)
        world.feed("j3", .setPriority(5, by: "alice"))
        #expect(world.members[world.key(HandWorld.host, "j3")]?.orders.reservation.priority == 5)
        world.endWorkers()
        world.pass(milliseconds: 20_000)
        #expect(world.status("j3") == .running && world.status("j2") == .waiting)
    }
}
