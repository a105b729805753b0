import NornFlow
import Testing

/// What a member runs of a contract that a partner wrote.
@Suite struct ContractTests {
    private let guest = Party(role: .guest, id: "9999")
    private let host = Party(role: .host, id: "10000")
    private let start = Instant(milliseconds: 1_000)

    private func firstOrders(_ tasks: [JobTask]) throws -> Orders {
        let job = Job(id: "j", initiator: guest, parties: [guest, host], tasks: tasks)
        var coordinator = Coordinator(job: job, fence: 1, at: start)
        let sent = coordinator.step(.submitted, at: start).compactMap { effect in
            if case .send(.orders(let orders)) = effect, orders.to == host { orders } else { nil }
        }
        return try #require(sent.last)
    }

    @Test func onlyTasksOfThePartyItselfAreStarted() throws {
        var orders = try firstOrders([
            JobTask(name: "mine", module: "Any", parties: [guest, host]),
            JobTask(name: "theirs", module: "Any", parties: [guest]),
        ])
        var member = try #require(Member(for: orders, site: "s", epoch: 1, at: start))
        _ = member.step(.orders(orders), at: start)
        let need = Resources(cores: 1)
        // Even where a verdict named a need for it.
        let terms = Member.Terms(engine: "local", needs: ["mine": need, "theirs": need], capacity: need)
        _ = member.step(.checked(.accepted(terms)), at: start)
        orders.number += 1
        orders.body.reservation.want = .hold
        orders.body.reservation.round = 1
        _ = member.step(.orders(orders), at: start)
        _ = member.step(.ledgerAnswered(.held(member.key, round: 1)), at: start)
        orders.number += 1
        orders.body.reservation.want = .confirm
        for name in ["theirs", "mine"] { orders.add(try #require(member.job.task(named: name)), as: 0) }
        let started = member.step(.orders(orders), at: start).compactMap { effect in
            if case .startAttempt(let order) = effect { order.attempt.task } else { nil }
        }
        #expect(started == ["mine"])
    }

    @Test func aContractWithTwoTasksOfOneNameMakesNoMember() throws {
        let orders = try firstOrders([
            JobTask(name: "twice", module: "Reader", parties: [host]),
            JobTask(name: "twice", module: "Upload", parties: [guest]),
        ])
        #expect(Member(for: orders, site: "s", epoch: 1, at: start) == nil)
    }
}
