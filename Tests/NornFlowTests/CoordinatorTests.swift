import Foundation
import NornFlow
import Testing

/// One coordinator and its members at sites of their own, joined by hand.
@Suite struct CoordinatorTests {
    private let guest = Party(role: .guest, id: "9999")
    private let host = Party(role: .host, id: "10000")
    private let start = Instant(milliseconds: 1_000)

    private func job() -> Job {
        let task = JobTask(name: "only", module: "Any", parties: [guest, host])
        return Job(id: "j", initiator: guest, parties: [guest, host], tasks: [task])
    }

    private func orders(_ effects: [Effect], to party: Party) -> Orders? {
        effects.compactMap { if case .send(.orders(let orders)) = $0, orders.to == party { orders } else { nil } }.last
    }

    private func report(_ effects: [Effect]) -> Report? {
        effects.compactMap { if case .send(.report(let report)) = $0 { report } else { nil } }.last
    }

    private func terms(need: Int, capacity: Int) -> Member.Terms {
        Member.Terms(
            engine: "local", needs: ["only": Resources(cores: need)], capacity: Resources(cores: capacity))
    }

    /// A member that has its first orders and the verdict on them; and what it reports.
    private func member(
        _ party: Party, _ first: [Effect], _ verdict: Member.Verdict
    ) throws -> (member: Member, report: Report) {
        let first = try #require(orders(first, to: party))
        var member = try #require(Member(for: first, site: "site \(party)", epoch: 1, at: start))
        _ = member.step(.orders(first), at: start)
        let effects = member.step(.checked(verdict), at: start)
        return (member, try #require(report(effects)))
    }

    @Test func whatNoSiteCanGiveFailsAtOnceWithTheNumber() throws {
        var coordinator = Coordinator(job: job(), fence: 1, at: start)
        let first = coordinator.step(.submitted, at: start)
        for (party, capacity) in [(guest, 8), (host, 2)] {
            let report = try member(party, first, .accepted(terms(need: 4, capacity: capacity))).report
            _ = coordinator.step(.report(report), at: start)
        }
        #expect(coordinator.status == .failed)
        #expect(coordinator.failure?.code == .neverGrantable)
        #expect(coordinator.failure?.party == host)
        #expect(coordinator.failure?.what.contains("asks for 4 cores") == true)
        #expect(coordinator.failure?.advice.contains("at most 2") == true)
    }

    @Test func aRefusalEndsTheJobWithTheReasonOfTheParty() throws {
        var coordinator = Coordinator(job: job(), fence: 1, at: start)
        let first = coordinator.step(.submitted, at: start)
        let refusal = Failure(.refused, "table breast is not granted", party: host)
        _ = coordinator.step(.report(try member(host, first, .refused(refusal)).report), at: start)
        #expect(coordinator.status == .failed)
        #expect(coordinator.failure == refusal)
    }

    @Test func aWaitingJobNamesThePartyAndTheCause() throws {
        var coordinator = Coordinator(job: job(), fence: 1, at: start)
        let first = coordinator.step(.submitted, at: start)
        #expect(coordinator.waitingReasons().map(\.kind) == [.beingChecked, .beingChecked])
        let waits = Member.Verdict.waitingForApproval(terms(need: 1, capacity: 2), reason: "first job of this partner")
        _ = coordinator.step(.report(try member(host, first, waits).report), at: start + 10)
        _ = coordinator.step(.woken, at: start + 6_000)
        let reasons = coordinator.waitingReasons()
        #expect(reasons.map(\.kind) == [.partnerUnreachable, .waitingForApproval])
        #expect(reasons.map(\.party) == [guest, host])
        #expect(reasons.map(\.since) == [start, start + 10])
        #expect(reasons.map(\.words) == [nil, "first job of this partner"])
    }

    @Test func aShortPartyIsShownWithWhatIsMissingWhileTheOtherGivesBack() throws {
        var coordinator = Coordinator(job: job(), fence: 1, at: start)
        let first = coordinator.step(.submitted, at: start)
        var (atGuest, fromGuest) = try member(guest, first, .accepted(terms(need: 1, capacity: 2)))
        var (atHost, fromHost) = try member(host, first, .accepted(terms(need: 1, capacity: 2)))
        _ = coordinator.step(.report(fromGuest), at: start)
        let holds = coordinator.step(.report(fromHost), at: start)
        _ = atGuest.step(.orders(try #require(orders(holds, to: guest))), at: start)
        let hostHold = try #require(orders(coordinator.step(.woken, at: start + 1_100), to: host))
        _ = atHost.step(.orders(hostHold), at: start)
        fromGuest = try #require(report(atGuest.step(.ledgerAnswered(.held(atGuest.key, round: 1)), at: start)))
        let shortage = Shortage(missing: [MissingAmount(.cores, wanted: 1, available: 0)], place: 3)
        fromHost = try #require(
            report(atHost.step(.ledgerAnswered(.short(atHost.key, round: 1, shortage)), at: start)))
        _ = coordinator.step(.report(fromGuest), at: start + 1_200)
        let kept = coordinator.step(.report(fromHost), at: start + 1_300)
        #expect(orders(kept, to: guest)?.body.reservation.want != .nothing, "it may be free in a moment")
        let released = coordinator.step(.woken, at: start + 1_600)
        #expect(try #require(orders(released, to: guest)).body.reservation.want == .nothing)
        let reason = try #require(coordinator.waitingReasons().first)
        #expect(reason.kind == .resourcesMissing)
        #expect(reason.party == host)
        #expect(reason.place == 3)
        #expect(reason.missing == shortage.missing)
    }

    /// Grants are given to the party that starts a job: another one must not act in its name.
    @Test func onlyTheInitiatorGivesOrders() throws {
        let arbiter = Party(role: .arbiter, id: "10001")
        var coordinator = Coordinator(job: job(), fence: 1, at: start)
        let first = try #require(orders(coordinator.step(.submitted, at: start), to: host))
        var foreign = first
        foreign.from = arbiter
        #expect(Member(for: foreign, site: "site", epoch: 1, at: start) == nil)
        var renamed = first
        renamed.job = "another"
        #expect(Member(for: renamed, site: "site", epoch: 1, at: start) == nil)

        var member = try #require(Member(for: first, site: "site", epoch: 1, at: start))
        _ = member.step(.orders(first), at: start)
        var end = foreign
        end.number = first.number + 1
        end.body.end = .canceled
        #expect(report(member.step(.orders(end), at: start)) == nil, "a stranger was answered")
        #expect(member.orders.end == nil)
    }

    @Test func ordersOfALowerFenceOrNumberChangeNothing() throws {
        var coordinator = Coordinator(job: job(), fence: 1, at: start)
        let first = try #require(orders(coordinator.step(.submitted, at: start), to: host))
        let stop = try #require(orders(coordinator.step(.stop(by: "someone"), at: start), to: host))
        var member = try #require(Member(for: first, site: "there", epoch: 1, at: start))
        _ = member.step(.orders(stop), at: start)
        #expect(member.isSettled)
        let settled = member.orders
        _ = member.step(.orders(first), at: start)
        #expect(member.orders == settled)
        #expect(member.isSettled)
    }

    @Test func rowsSurviveTheirCodedForm() throws {
        var coordinator = Coordinator(job: job(), fence: 1, at: start)
        let first = coordinator.step(.submitted, at: start)
        let (member, report) = try member(host, first, .accepted(terms(need: 1, capacity: 2)))
        _ = coordinator.step(.report(report), at: start)
        let coded = try JSONEncoder().encode(coordinator)
        #expect(try JSONDecoder().decode(Coordinator.self, from: coded) == coordinator)
        #expect(String(decoding: coded, as: UTF8.self).contains("\"host-10000\":"))
        #expect(try JSONDecoder().decode(Member.self, from: JSONEncoder().encode(member)) == member)
        let message = Message.report(report)
        #expect(try JSONDecoder().decode(Message.self, from: JSONEncoder().encode(message)) == message)
    }
}
