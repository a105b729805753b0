import NornFlow
import Testing

@Suite struct DependencyTests {
    @Test func aJobWaitsForTheJobsThatItDependsOn() throws {
        var world = HandWorld()
        world.submit(HandWorld.job("j", JobParameters(dependsOn: ["first", "second"])))
        #expect(world.lookedUp == [.awaitJobs("j", ["first", "second"])])
        let reasons = try #require(world.coordinators["j"]).waitingReasons()
        #expect(reasons.map(\.kind) == [.waitingForJob, .waitingForJob])
        #expect(reasons.first?.line == "waits for the end of job first")
        world.feed("j", .dependencyEnded("first", .success))
        world.feed("j", .dependencyEnded("a stranger", .failed))
        world.restart("9999")
        #expect(world.lookedUp.last == .awaitJobs("j", ["second"]), "asked again after a restart")
        #expect(world.orders.isEmpty && world.held("9999") == 0)
        world.feed("j", .dependencyEnded("second", .success))
        #expect(world.status() == .success)
    }

    @Test func aJobFailsWithTheJobThatItDependsOn() {
        var world = HandWorld()
        world.submit(HandWorld.job("j", JobParameters(dependsOn: ["first"])))
        world.feed("j", .dependencyEnded("first", .timeout))
        #expect(world.status() == .failed)
        #expect(world.coordinators["j"]?.failure?.code == .dependencyFailed)
        world.feed("j", .rerun(Rerun(by: "alice")))
        #expect(world.coordinators["j"]?.awaitedJobs == ["first"], "it has to succeed by now")
        world.feed("j", .dependencyEnded("first", .success))
        #expect(world.status() == .success)
    }
}

@Suite struct InheritanceTests {
    private let source = Inheritance(job: "earlier", tasks: ["a", "b"])

    private func world(_ found: [String: InheritedTask]) -> HandWorld {
        var world = HandWorld()
        world.submit(HandWorld.job("j", JobParameters(inheritance: source)))
        #expect(world.lookedUp == [.inherit("j", source)])
        #expect(world.orders.isEmpty)
        #expect(world.coordinators["j"]?.waitingReasons().first?.line == "what it inherits is being checked")
        world.feed("j", .inherited(found))
        return world
    }

    @Test func inheritedTasksAreDoneAndFeedTheOthers() {
        let found = ["a": InheritedTask(job: "earlier", attempt: 1), "b": InheritedTask(job: "oldest", attempt: 2)]
        let world = world(found)
        #expect(world.status() == .success)
        #expect(world.orders.map(\.attempt.task) == ["c", "c"])
        #expect(world.orders.allSatisfy { $0.inputs.first?.job == "oldest" && $0.inputs.first?.attempt == 2 })
        #expect(world.members[world.key(HandWorld.host)]?.orders.taskStatuses["a"] == .success)
    }

    @Test func whatTheSiteDidNotFindOrWasNotNamedRuns() {
        let world = world(["a": InheritedTask(job: "earlier", attempt: 0), "c": InheritedTask(job: "x", attempt: 0)])
        #expect(world.status() == .success)
        #expect(world.orders.map(\.attempt.task) == ["b", "b", "c", "c"])
    }

    @Test func aRerunOfAnInheritedTaskRunsIt() throws {
        var world = world([
            "a": InheritedTask(job: "earlier", attempt: 0), "b": InheritedTask(job: "earlier", attempt: 0),
        ])
        let plan = try #require(world.coordinators["j"]).plan(Rerun(by: "x", selection: .from(["c"])))
        #expect(plan.tasks.map(\.why) == [.reused, .reused, .selected])
        world.feed("j", .rerun(Rerun(by: "alice", selection: .from(["b"]))))
        #expect(world.status() == .success)
        #expect(world.numbers("b") == [0] && world.numbers("c") == [0, 1] && world.numbers("a") == [])
        #expect(world.orders.last?.inputs.first?.job == nil)
    }
}
