import NornFlow
import Testing

@Suite struct RerunTests {
    private let failed = Member.WorkerOutcome.failed(Failure(.componentFailed, "diverged"))

    /// A job whose task c failed once.
    private func failedWorld() -> HandWorld {
        var world = HandWorld()
        let failed = failed
        world.outcome = { $0.attempt.task == "c" ? failed : .success }
        world.submit(HandWorld.job())
        #expect(world.status() == .failed)
        world.outcome = { _ in .success }
        return world
    }

    private func running(_ plan: RerunPlan) -> [String] { plan.tasks.filter(\.runs).map(\.task) }

    @Test func whatFailedRunsAgainAndWhatSucceededIsUsedAgain() throws {
        var world = failedWorld()
        let rerun = Rerun(by: "alice")
        let plan = try #require(world.coordinators["j"]).plan(rerun)
        #expect(plan.tasks.map(\.why) == [.reused, .reused, .notSucceeded])
        world.feed("j", .rerun(rerun))
        #expect(world.status() == .success)
        #expect(world.numbers("a") == [0] && world.numbers("b") == [0])
        #expect(world.numbers("c") == [0, 1], "attempt numbers go on")
        #expect(world.orders.last?.inputs.first?.attempt == 0, "the reused attempt of b feeds it")
        let task = try #require(world.coordinators["j"]?.tasks["c"])
        #expect(task.attempts.map(\.status) == [.failed, .success], "the history is kept")
        #expect(world.members.values.allSatisfy { $0.contractNumber == 1 && $0.isSettled })
        #expect(world.held("9999") == 0 && world.held("10000") == 0)
    }

    @Test func aTaskRunsAgainWithAllThatItFeeds() throws {
        var world = HandWorld()
        world.submit(HandWorld.job())
        let rerun = Rerun(by: "alice", selection: .from(["b"]))
        let plan = try #require(world.coordinators["j"]).plan(rerun)
        #expect(plan.tasks.map(\.why) == [.reused, .selected, .downstreamOf("b")])
        world.feed("j", .rerun(rerun))
        #expect(world.status() == .success)
        #expect(world.numbers("a") == [0] && world.numbers("b") == [0, 1] && world.numbers("c") == [0, 1])
        #expect(world.orders.last?.inputs.first?.attempt == 1, "c takes the new output of b")
    }

    @Test func onlyASelectedTaskRunsAgain() throws {
        var world = HandWorld()
        world.submit(HandWorld.job())
        let rerun = Rerun(by: "alice", selection: .only(["a"]))
        #expect(running(try #require(world.coordinators["j"]).plan(rerun)) == ["a"])
        world.feed("j", .rerun(rerun))
        #expect(world.status() == .success)
        #expect(world.numbers("a") == [0, 1] && world.numbers("b") == [0])
    }

    @Test func changedParametersGoToThePartiesThatCheckTheirRulesAgain() throws {
        var world = failedWorld()
        var job = try #require(world.coordinators["j"]?.job)
        job.tasks[1].parameters = [HandWorld.host: ["penalty": "L1"]]
        let rerun = Rerun(by: "alice", job: job)
        let plan = try #require(world.coordinators["j"]).plan(rerun)
        #expect(plan.tasks.map(\.why) == [.reused, .parametersChanged, .notSucceeded])
        world.feed("j", .rerun(rerun))
        #expect(world.status() == .success)
        #expect(world.checked.filter { $0.0 == world.key(HandWorld.host) }.count == 2)
        let started = world.orders.last { $0.attempt.task == "b" && $0.attempt.party == HandWorld.host }
        #expect(started?.parameters == ["penalty": "L1"])
        #expect(started?.attempt.number == 1)
    }

    @Test func aPartyMayRefuseTheNewContract() {
        var world = failedWorld()
        world.verdict = { key, _ in .refused(Failure(.refused, "not again", party: key.party)) }
        world.feed("j", .rerun(Rerun(by: "alice")))
        #expect(world.status() == .failed)
        #expect(world.coordinators["j"]?.failure?.what == "not again")
        #expect(world.numbers("c") == [0])
    }

    @Test func whatIsGoneIsMadeAgainWhereItIsNeeded() throws {
        let world = failedWorld()
        let coordinator = try #require(world.coordinators["j"])
        #expect(running(try coordinator.plan(Rerun(by: "x", unavailable: ["a"]))) == ["c"])
        let plan = try coordinator.plan(Rerun(by: "x", unavailable: ["a", "b"]))
        #expect(plan.tasks.map(\.why) == [.outputsGone, .outputsGone, .notSucceeded])
    }

    @Test func aRerunThatCannotBeIsRefusedWithTheReason() throws {
        var world = HandWorld()
        world.submit(HandWorld.job())
        let coordinator = try #require(world.coordinators["j"])
        let nothing = #expect(throws: Failure.self) { try coordinator.plan(Rerun(by: "x")) }
        #expect(nothing?.code == .wrongState)
        let unknown = #expect(throws: Failure.self) { try coordinator.plan(Rerun(by: "x", selection: .from(["z"]))) }
        #expect(unknown?.what == "the job has no task z")
        var other = coordinator.job
        other.parties.removeLast()
        let parties = #expect(throws: Failure.self) {
            try coordinator.plan(Rerun(by: "x", selection: .all, job: other))
        }
        #expect(parties?.code == .invalidJob)
        world.outcome = { _ in nil }
        world.submit(HandWorld.job("k"))
        let early = #expect(throws: Failure.self) {
            try #require(world.coordinators["k"]).plan(Rerun(by: "x", selection: .all))
        }
        #expect(early?.what == "the job has not ended")
        world.feed("k", .rerun(Rerun(by: "x", selection: .all)))
        #expect(world.coordinators["k"]?.contractNumber == 0)
    }

    /// The partner is away from before the end until long after the rerun began.
    @Test func aRerunIsSafeWhileAPartnerHasNotSettled() {
        var world = HandWorld()
        world.outcome = { $0.attempt.task == "b" ? nil : .success }
        world.submit(HandWorld.job())
        world.cut = ["10000"]
        world.feed("j", .stop(by: "alice"))
        world.pass(milliseconds: 60_000)
        #expect(world.status() == .canceled)
        #expect(world.coordinators["j"]?.stopConfirmed[HandWorld.host] == false)
        #expect(world.workers.isEmpty, "the lease ended the partner's worker")
        world.outcome = { _ in .success }
        world.feed("j", .rerun(Rerun(by: "alice")))
        world.pass(milliseconds: 60_000)
        #expect(world.status() == .waiting)
        world.cut = []
        world.feed("j", .partnerBack([HandWorld.host]))
        world.pass(milliseconds: 5_000)
        #expect(world.status() == .success)
        #expect(world.numbers("b", at: HandWorld.host) == [0, 1])
        #expect(world.held("9999") == 0 && world.held("10000") == 0)
    }

    @Test func aStoppedJobRunsAgainFromTheStart() {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(HandWorld.job())
        world.feed("j", .stop(by: "alice"))
        #expect(world.status() == .canceled)
        world.outcome = { _ in .success }
        world.feed("j", .rerun(Rerun(by: "alice", selection: .all)))
        #expect(world.status() == .success)
        #expect(world.numbers("a") == [0, 1])
        world.feed("j", .rerun(Rerun(by: "alice", selection: .all)))
        #expect(world.numbers("a") == [0, 1, 2])
        #expect(world.members.values.allSatisfy { $0.contractNumber == 2 })
    }

    /// A site of the first version ignores contracts after the first: the job has to end, not to wait for ever.
    @Test func aPartnerOfTheFirstVersionFailsTheRerunWithAReason() throws {
        var world = failedWorld()
        world.cut = ["10000"]
        world.feed("j", .rerun(Rerun(by: "alice")))
        var report = try #require(world.reports[HandWorld.host])
        (report.contractNumber, report.number, report.acknowledgedOrders) = (nil, 99, .max)
        world.feed("j", .report(report))
        #expect(world.status() == .failed)
        #expect(world.coordinators["j"]?.failure?.what.contains("cannot run a job again") == true)
    }
}
