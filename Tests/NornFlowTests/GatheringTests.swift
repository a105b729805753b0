import NornFlow
import Testing

/// When resources are asked for, and how long they are kept while a party is short.
@Suite struct GatheringTests {
    private let guest = HandWorld.guest
    private let host = HandWorld.host

    private func large(_ id: JobID) -> Job {
        HandWorld.job(id, tasks: ["large"], JobParameters(sizes: JobSizes(taskCores: 4)))
    }

    private func busy(_ id: JobID, at party: Party) -> Job {
        Job(
            id: id, initiator: party, parties: [party],
            tasks: [JobTask(name: "busy", module: "Any", parties: [party])],
            parameters: JobParameters(sizes: JobSizes(taskCores: 4)))
    }

    @Test func aJobThatGathersEarlyNeedsFewerMessages() {
        let counts = [false, true].map { early in
            var world = HandWorld()
            world.outcome = { _ in nil }
            world.submit(HandWorld.job(), gathersEarly: early)
            #expect(world.status() == .running)
            #expect(world.workers.count == 2)
            return world.messages
        }
        #expect(counts[1] + 2 <= counts[0], "\(counts)")
    }

    @Test func nothingIsHeldWhileAPersonHasToAgree() {
        var world = HandWorld()
        world.outcome = { _ in nil }
        let accept = world.verdict
        world.verdict = { [host] key, job in
            guard key.party == host, case .accepted(let terms) = accept(key, job) else { return accept(key, job) }
            return .waitingForApproval(terms, reason: "a person has to look at it")
        }
        world.submit(HandWorld.job(), gathersEarly: true)
        #expect(world.coordinators["j"]?.phase == .creating)
        #expect(world.held("9999") == 0 && world.held("10000") == 0)
        world.feed(world.key(host), .approved(by: "henry"))
        #expect(world.status() == .running)
        #expect(world.held("9999") == 1 && world.held("10000") == 1)
    }

    @Test func whatIsHeldEarlyIsGivenBackWhenAPartyDoesNotAnswer() {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.cut = ["10000"]
        world.submit(HandWorld.job(), gathersEarly: true)
        #expect(world.held("9999") == 1)
        world.pass(milliseconds: 6_000)
        #expect(world.held("9999") == 0)
        world.cut = []
        world.pass(milliseconds: 60_000)
        #expect(world.status() == .running)
        #expect(world.held("9999") == 1 && world.held("10000") == 1)
    }

    @Test func aPauseBeforeTheJobBeginsHoldsNothing() {
        var world = HandWorld()
        world.cut = ["10000"]
        world.submit(HandWorld.job(), gathersEarly: true)
        world.feed("j", .pause(by: "alice"))
        #expect(world.held("9999") == 0)
    }

    @Test func whatIsHeldIsKeptForAMomentWhenAnotherPartyIsShort() throws {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(busy("b", at: host))
        world.submit(large("j"))
        #expect(world.held("9999") == 4, "the host may be free in a moment")
        world.pass(milliseconds: 200)
        #expect(world.held("9999") == 4)
        world.endWorker(try #require(world.workers.first), .success)
        #expect(world.status() == .running)
    }

    @Test func whatIsHeldGoesBackWhenAnotherPartyStaysShort() throws {
        var world = HandWorld()
        world.outcome = { _ in nil }
        world.submit(busy("b", at: host))
        world.submit(large("j"))
        world.pass(milliseconds: 400)
        #expect(world.held("9999") == 0)
        world.submit(busy("c", at: guest))
        #expect(world.status("c") == .running, "others use it meanwhile")
        world.endWorkers()
        #expect(world.status() == .running)
    }
}
