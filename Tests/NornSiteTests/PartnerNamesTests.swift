import NornFlow
import Testing

@testable import NornSite

/// Names from a partner become folders here.
@Suite struct PartnerNamesTests {
    private func orders(job: String = "20261123", host: String = "10000", task: String = "toy_0") throws -> Message {
        let guest = Party(role: .guest, id: "9999")
        let parties = [guest, Party(role: .host, id: host)]
        let job = Job(
            id: job, initiator: guest, parties: parties,
            tasks: [JobTask(name: task, module: "SecureAddExample", parties: parties)])
        var coordinator = Coordinator(job: job, fence: 1, at: Instant(milliseconds: 1))
        let sent = coordinator.step(.submitted, at: Instant(milliseconds: 1)).compactMap { effect in
            if case .send(let message) = effect, message.to == parties[1] { message } else { nil }
        }
        return try #require(sent.first)
    }

    @Test func namesOfOwnJobsAreRight() throws {
        #expect(PartnerNames.flaw(in: try orders()) == nil)
    }

    @Test(arguments: ["..", "../../keys", "a/b", "", "a b", String(repeating: "a", count: 200)])
    func aNameThatLeavesItsFolderIsRefused(name: String) throws {
        #expect(PartnerNames.flaw(in: try orders(job: name)) != nil)
        #expect(PartnerNames.flaw(in: try orders(host: name)) != nil)
        #expect(PartnerNames.flaw(in: try orders(task: name)) != nil)
    }
}
