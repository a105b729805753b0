import NornFlow
import Testing

/// Jobs without tasks that change a model, and tasks that take a kept one.
@Suite struct ModelChangeTests {
    private static let guest = Party(role: .guest, id: "9999")
    private static let host = Party(role: .host, id: "10000")
    private static let source = ModelReference(id: "guest-9999#host-10000#model", version: "1")

    private static func change() -> Job {
        var parameters = JobParameters()
        parameters.modelChange = ModelChange(kind: .deploy, source: source, predictDSL: "{}")
        return Job(id: "2", initiator: guest, parties: [guest, host], tasks: [], parameters: parameters)
    }

    private static func ends(_ world: HandWorld) -> [JobStatus?] {
        [guest, host].map { world.members[MemberKey(job: "2", party: $0)]?.orders.end }
    }

    @Test func everyPartyHearsOfTheSuccess() {
        var world = HandWorld()
        world.submit(Self.change())
        #expect(world.coordinators["2"]?.status == .success)
        #expect(Self.ends(world) == [.success, .success])
    }

    @Test func noPartyHearsOfASuccessWhenOneRefuses() {
        var world = HandWorld()
        world.verdict = { key, _ in
            key.party == Self.host
                ? .refused(Failure(.refused, "there is no such version", party: key.party))
                : .accepted(Member.Terms(engine: "local", needs: [:], capacity: Resources(cores: 4)))
        }
        world.submit(Self.change())
        #expect(world.coordinators["2"]?.status == .failed)
        #expect(Self.ends(world) == [.failed, .failed])
    }

    /// A machine that is full of other jobs keeps no change waiting.
    @Test func aChangeNeedsNoResources() {
        var world = HandWorld()
        world.outcome = { _ in nil }
        var parameters = JobParameters()
        parameters.sizes.taskCores = 4
        let task = JobTask(name: "t", module: "M", parties: [Self.guest, Self.host])
        world.submit(
            Job(
                id: "1", initiator: Self.guest, parties: [Self.guest, Self.host], tasks: [task],
                parameters: parameters))
        world.submit(Self.change())
        #expect(world.coordinators["1"]?.status == .running)
        #expect(world.coordinators["2"]?.status == .success)
    }

    /// In whatever order the moves are told.
    @Test func aMigratedVersionNamesThePartiesInTheOrderOfItsSource() {
        func host(_ id: String) -> Party { Party(role: .host, id: id) }
        let source = ModelReference(id: "guest-9999#host-10000_10001#model", version: "1")
        let moves = [
            ModelChange.Move(from: host("10001"), to: host("1")), .init(from: host("10000"), to: host("2")),
            .init(from: Self.guest, to: Party(role: .guest, id: "3")),
        ]
        let change = ModelChange(kind: .migrate, source: source, moves: moves)
        #expect(change.made(by: "7") == ModelReference(id: "guest-3#host-2_1#model", version: "7"))
        #expect(change.successor(of: host("10000")) == host("2"))
        let deployment = ModelChange(kind: .deploy, source: source)
        #expect(deployment.made(by: "8") == ModelReference(id: source.id, version: "8"))
        #expect(deployment.successor(of: Self.guest) == Self.guest)
    }

    /// The model's task has the name of the one that takes it: that is no loop, and no edge.
    @Test func aTaskGetsTheKeptModelThatItTakes() throws {
        let input = TaskInput(slot: "model", kind: .model, task: "lr_0", output: "model", model: Self.source)
        let task = JobTask(name: "lr_0", module: "LR", parties: [Self.guest, Self.host], inputs: [input])
        #expect(Graph([task]).cycle() == nil)
        #expect(Graph([task]).topologicalOrder() == ["lr_0"])
        var world = HandWorld()
        world.submit(Job(id: "3", initiator: Self.guest, parties: [Self.guest, Self.host], tasks: [task]))
        #expect(world.coordinators["3"]?.status == .success)
        #expect(world.orders.count == 2)
        for order in world.orders {
            let given = try #require(order.inputs.first)
            #expect(given.model == Self.source && given.task == "lr_0" && given.output == "model")
        }
    }
}
