@testable import NornFlow
import Testing

@Suite struct LedgerLimitTests {
    private let guest = LedgerScene.guest
    private let host = LedgerScene.host

    private func scene(cores: Int = 8, _ limits: LedgerPolicy.Limit...) -> LedgerScene {
        LedgerScene(cores: cores, LedgerPolicy(limits: limits))
    }

    @Test func aPartnerAtItsLimitWaitsAndHoldsNobodyBack() {
        var scene = scene(LedgerPolicy.Limit(partner: "10000", jobs: 1))
        scene.hold("a", 1, owner: "partner 10000", initiator: host)
        #expect(
            scene.hold("b", 1, owner: "partner 10000", initiator: host) == [.short("b", .limit, blockedByOlder: true)])
        #expect(scene.shortage("b")?.words == "jobs of partner 10000 hold 1 of at most 1 jobs")
        #expect(scene.hold("c", 1) == [.held("c")])
        #expect(scene.release("a") == [.held("b")])
        #expect(scene.ledger.audit() == nil)
    }

    @Test func coresOfAPartyAreCountedAtOnce() {
        var scene = scene(LedgerPolicy.Limit(party: "9999", cores: 4))
        scene.run("a", 3)
        #expect(scene.hold("b", 2) == [.short("b", .limit, blockedByOlder: false)])
        #expect(scene.hold("c", 2, party: host) == [.held("c")])
        #expect(scene.release("a") == [.held("b")])
        #expect(scene.ledger.audit() == nil)
    }

    @Test func aLimitForEachCountsEveryPartnerByItself() {
        var scene = scene(LedgerPolicy.Limit(partner: "*", jobs: 1))
        let others = ["1", "2"].map { Party(role: .guest, id: $0) }
        for (job, initiator) in zip(["a", "b"], others) {
            #expect(scene.hold(job, 1, owner: "partner \(initiator.id)", initiator: initiator) == [.held(job)])
        }
        let told = scene.hold("c", 1, owner: "partner 1", initiator: others[0])
        #expect(told == [.short("c", .limit, blockedByOlder: true)])
        #expect(scene.shortage("c")?.words?.contains("partner 1 ") == true)
    }

    @Test func oneThatWaitsForTheCoresOfALimitIsNotPassedForEver() {
        let backfill = LedgerPolicy.Backfill(passesMaximum: 2)
        var scene = LedgerScene(
            cores: 100, LedgerPolicy(backfill: backfill, limits: [LedgerPolicy.Limit(party: "9999", cores: 4)]))
        scene.run("a", 2)
        scene.hold("large", 4)
        for job in ["m", "n"] {
            #expect(scene.hold(job, 1, owner: "submitter bob") == [.held(job)])
            scene.release(job)
        }
        let told = scene.hold("o", 1, owner: "submitter bob")
        #expect(told == [.short("o", .limit, blockedByOlder: true)])
        #expect(scene.release("a").first == .held("large"))
        #expect(scene.release("large") == [.held("o")])
        #expect(scene.ledger.audit() == nil)
    }

    @Test func manyOwnersUnderOneLimitAllComeToTheirTurn() {
        var scene = scene(cores: 1_000, LedgerPolicy.Limit(party: "9999", cores: 200))
        scene.run("a", 200)
        for number in 0..<300 { scene.hold("b\(1_000 + number)", 1, owner: "submitter \(number)") }
        #expect(scene.release("a").count == 200)
        #expect(scene.ledger.held("local").cores == 200)
        #expect(scene.ledger.audit() == nil)
    }
}
