import NornKit
import NornTestHost
import Testing

/// What a component can do besides tables, through the real host.
@Suite struct TaskTests {
    private static let plugin = Plugin(
        id: "norn.tests.tasks", version: "1",
        components: [Talker.self, Waiter.self, Modeller.self, Blocker.self, Crowd.self])

    @Test func exchangesValuesBytesAndTablesBothWays() async throws {
        let run = try await TestHost(plugin: Self.plugin).run(
            "Talker", parties: [TestParty(.guest, "1"), TestParty(.host, "2"), TestParty(.host, "3")])
        for result in [run[.guest], run[.host], run[.host, 1]] { #expect(result.error == nil) }
        #expect(run[.guest].summary == ["ids": ["2", "3"], "rows": [2, 3], "large": [3_000_000, 3_000_000]])
        #expect(run[.host, 1].summary == ["greeting": "hello 3"])
    }

    @Test func aFailureEndsTheOthersWaits() async throws {
        let run = try await TestHost(plugin: Self.plugin).run(
            "Waiter", parameters: ["failing": "host"], parties: [TestParty(.guest, "1"), TestParty(.host, "2")])
        #expect(run[.host].error?.message.contains("as asked") == true)
        #expect(run[.guest].error?.code == .cancelled)
    }

    @Test func theTimeLimitCancelsAWait() async throws {
        var host = TestHost(plugin: Self.plugin)
        host.timeoutSeconds = 0.2
        let run = try await host.run("Waiter", parties: [TestParty(.guest, "1"), TestParty(.host, "2")])
        #expect(run.isTimeUp)
        #expect(run[.guest].error?.code == .cancelled)
    }

    @Test func aFailedChildTaskDoesNotWaitForItsSiblings() async throws {
        let run = try await TestHost(plugin: Self.plugin).run(
            "Waiter", parameters: ["failing": "child"], parties: [TestParty(.guest, "1"), TestParty(.host, "2")])
        #expect(!run.isTimeUp)
        #expect(run[.guest].error?.message.contains("the child failed") == true)
    }

    @Test func passesAModelFromOneRunToTheNext() async throws {
        let host = TestHost(plugin: Self.plugin)
        let first = try await host.run("Modeller", parties: [TestParty(.guest, "1")])
        #expect(first[.guest].error == nil)
        let model = try first[.guest].model(Modeller.Model.self)
        #expect(model.rounds == 1)
        #expect(first[.guest].modelViews["model"]?["rounds"]?.int == 1)
        let second = try await host.run(
            "Modeller", parties: [TestParty(.guest, "1", inputs: [try .model("model", model)])])
        #expect(try second[.guest].model(Modeller.Model.self).rounds == 2)
    }

    @Test func blockingComponentsBlockNobody() async throws {
        let parties = (0..<6).map { TestParty(.host, "\($0)") }
        let run = try await TestHost(plugin: Self.plugin).run("Blocker", parties: parties)
        #expect(run.succeeded)
        #expect(run[.host, 5].log.map(\.text) == ["blocked as host 5"])
    }

    @Test func manyWaitsAtATimeAreAnsweredInAnyOrder() async throws {
        let run = try await TestHost(plugin: Self.plugin).run(
            "Crowd", parties: [TestParty(.guest, "1"), TestParty(.host, "2")])
        #expect(run[.guest].error == nil)
        #expect(run[.guest].summary["sum"] == 4950)
    }
}

private struct Talker: Component {
    static let descriptor = ComponentDescriptor(name: "Talker", roles: [.guest, .host])

    func run(_ context: TaskContext<NoParameters>) async throws {
        let federation = context.federation
        if context.role == .guest {
            for host in context.parties[.host] {
                try await federation.send("hello \(host.id)", name: "greeting", to: host)
            }
            let ids = try await federation.receive(String.self, name: "id", from: .host)
            let tables = try await federation.receiveTable(name: "table", from: .host)
            let large = try await federation.receiveBytes(name: "large", from: .host)
            try context.tracking.summary([
                "ids": .array(ids.map { .text($0) }), "rows": .array(tables.map { .int(Int64($0.count)) }),
                "large": .array(large.map { .int(Int64($0.count)) }),
            ])
        } else {
            async let greeting = federation.receive(String.self, name: "greeting", from: context.parties[.guest][0])
            try await federation.send(context.party.id, name: "id", to: .guest)
            let count = Int(context.party.id) ?? 0
            let table = try await context.tables.create((0..<count).map { (Key.int($0), $0) })
            try await federation.sendTable(table, name: "table", to: .guest)
            try await federation.sendBytes([UInt8](repeating: 1, count: 3_000_000), name: "large", to: .guest)
            try context.tracking.summary(["greeting": .text(try await greeting)])
        }
    }
}

/// Waits for a message that never comes.
private struct Waiter: Component {
    struct Parameters: ComponentParameters { var failing = "nobody" }
    static let descriptor = ComponentDescriptor(name: "Waiter", roles: [.guest, .host])

    func run(_ context: TaskContext<Parameters>) async throws {
        if context.role == .host {
            if context.parameters.failing == "host" { throw ComponentError(.aborted, "as asked") }
            if context.parameters.failing == "child" { return }
        }
        let peer = context.parties[context.role == .guest ? .host : .guest][0]
        try await withThrowingTaskGroup { group in
            group.addTask { _ = try await context.federation.receiveBytes(name: "never", from: peer) }
            if context.parameters.failing == "child" {
                group.addTask { throw ComponentError(.aborted, "the child failed") }
            }
            try await group.next()
        }
    }
}

private struct Modeller: Component {
    struct Model: Codable {
        var rounds = 0
        var weights = [0.5, 1.5]
    }
    static let descriptor = ComponentDescriptor(
        name: "Modeller", roles: [.guest], inputs: [.model("model")], outputs: [.model("model")])

    func run(_ context: TaskContext<NoParameters>) async throws {
        var model = context.inputs.has("model") ? try await context.inputs.model(Model.self) : Model()
        model.rounds += 1
        try await context.outputs.model(model)
        try context.tracking.model(model)
    }
}

private struct Blocker: BlockingComponent {
    static let descriptor = ComponentDescriptor(name: "Blocker", roles: [.host])

    func runBlocking(_ context: TaskContext<NoParameters>) throws {
        let end = context.clock.monotonicNanoseconds + 20_000_000
        while context.clock.monotonicNanoseconds < end {}
        context.log.info("blocked as \(context.party)")
    }
}

/// A hundred messages, awaited all at once and sent in the reverse order.
private struct Crowd: Component {
    static let descriptor = ComponentDescriptor(name: "Crowd", roles: [.guest, .host])

    func run(_ context: TaskContext<NoParameters>) async throws {
        let federation = context.federation
        guard context.role == .guest else {
            for index in (0..<100).reversed() {
                try await federation.send(index, name: "number", tag: "\(index)", to: .guest)
            }
            return
        }
        let sum = try await withThrowingTaskGroup { group in
            for index in 0..<100 {
                group.addTask {
                    try await federation.receive(Int.self, name: "number", tag: "\(index)", from: .host)[0]
                }
            }
            return try await group.reduce(0, +)
        }
        try context.tracking.summary(["sum": .int(Int64(sum))])
    }
}
