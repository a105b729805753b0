import Foundation
import NornFlow
import Testing

/// Sites are upgraded while jobs live, and not all at the same time.
@Suite struct FirstVersionTests {
    private func read<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    @Test func aJobOfTheFirstVersionGoesOnAfterTheUpgrade() throws {
        var world = HandWorld()
        let coordinator = try read(Coordinator.self, FirstVersion.coordinator)
        let id = coordinator.job.id
        world.coordinators[id] = coordinator
        for text in [FirstVersion.guest, FirstVersion.host] {
            let member = try read(Member.self, text)
            #expect(member.contractNumber == 0 && member.timing == .standard)
            world.members[member.key] = member
        }
        #expect(coordinator.contractNumber == 0 && coordinator.pause == nil && coordinator.awaitedJobs.isEmpty)
        world.restart("9999")
        world.restart("10000")
        world.pass(milliseconds: 120_000)
        #expect(world.status(id) == .success)
        #expect(world.coordinators[id]?.tasks["lr_0"]?.attempts.map(\.status) == [.lost, .success])
        #expect(world.numbers("reader_0").isEmpty, "what had succeeded is not run again")
        world.feed(id, .rerun(Rerun(by: "alice", selection: .from(["lr_0"]))))
        #expect(world.status(id) == .success)
        #expect(world.numbers("lr_0") == [1, 2])
    }

    @Test func messagesOfTheFirstVersionAreRead() throws {
        guard case .orders(let first) = try read(Message.self, FirstVersion.firstOrders),
            case .orders(let run) = try read(Message.self, FirstVersion.runOrders),
            case .report(let report) = try read(Message.self, FirstVersion.report)
        else {
            Issue.record("other messages were read")
            return
        }
        #expect(first.contractNumber == 0 && first.timing == .standard && first.contract != nil)
        #expect(run.body.attempts.first?.inputs.first?.job == nil)
        #expect(report.contractNumber == nil)
        let member = try #require(Member(for: first, site: "s", epoch: 1, at: Instant(milliseconds: 0)))
        #expect(member.job.parameters.dependsOn.isEmpty && member.job.parameters.inheritance == nil)
    }

    /// What says nothing new is written as the first version wrote it: it reads all of it.
    @Test func whatIsNotUsedIsNotWritten() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let orders = try read(Message.self, FirstVersion.runOrders)
        #expect(String(decoding: try encoder.encode(orders), as: UTF8.self) == FirstVersion.runOrders)
        let report = try read(Message.self, FirstVersion.report)
        #expect(String(decoding: try encoder.encode(report), as: UTF8.self) == FirstVersion.report)
    }

    @Test func anErrorCodeOfLaterTimesIsReadByAll() throws {
        let failure = Failure(.preempted, "others were first")
        let text = String(decoding: try JSONEncoder().encode(failure), as: UTF8.self)
        #expect(text.contains(#""code":"reservation_lost""#), "the first version knows this one")
        #expect(try read(Failure.self, text) == failure)
        let later = try read(Failure.self, #"{"code":"of_2030","what":"?","advice":""}"#)
        #expect(later.code == .unknown)
    }
}
