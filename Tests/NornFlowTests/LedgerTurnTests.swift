@testable import NornFlow
import Testing

/// Whose turn it is at one site.
@Suite struct LedgerTurnTests {
    private func policy(passes: Int = 64, seconds: Int64 = 300, fairShare: Bool = true) -> LedgerPolicy {
        LedgerPolicy(
            fairShare: fairShare,
            backfill: LedgerPolicy.Backfill(passesMaximum: passes, patienceMilliseconds: seconds * 1_000))
    }

    @Test func higherPriorityGoesFirstThenTheSmallestShareThenAge() {
        var scene = LedgerScene(cores: 4)
        scene.run("a", 2, owner: "submitter alice")
        scene.run("b", 2, owner: "submitter bob")
        scene.hold("c", 3, owner: "submitter alice")
        scene.hold("d", 3, owner: "submitter bob")
        scene.hold("e", 3, owner: "submitter carol")
        scene.hold("f", 3, priority: 1, owner: "submitter alice")
        #expect(scene.queue == ["f", "e", "c", "d"])
        scene.release("b")
        #expect(scene.queue == ["f", "d", "e", "c"])
        #expect(["f", "d", "e", "c"].compactMap { scene.shortage($0)?.place } == [1, 2, 3, 4])
        #expect(scene.ledger.audit() == nil)
    }

    @Test func ownersTakeTurnsByWhatTheyHold() {
        var scene = LedgerScene(cores: 2)
        scene.run("0", 2)
        for job in ["a1", "a2", "a3", "a4"] { scene.hold(job, 1, owner: "submitter alice") }
        for job in ["b1", "b2"] { scene.hold(job, 1, owner: "submitter bob") }
        #expect(scene.release("0") == [.held("a1"), .held("b1")])
        #expect(scene.release("a1") == [.held("a2")])
    }

    @Test func withoutFairShareAgeDecides() {
        var scene = LedgerScene(cores: 2, policy(fairShare: false))
        scene.run("0", 2, owner: "submitter alice")
        for job in ["a1", "a2"] { scene.hold(job, 1, owner: "submitter alice") }
        scene.hold("b1", 1, owner: "submitter bob")
        #expect(scene.queue == ["a1", "a2", "b1"])
    }

    @Test func theDominantShareIsTheLargestPartOfAnyResource() {
        var scene = LedgerScene(cores: 10, memory: 100)
        scene.hold("a", 2, memory: 60, owner: "submitter alice")
        scene.hold("b", 5, memory: 10, owner: "submitter bob")
        scene.hold("c", 6, memory: 10, owner: "submitter alice")
        scene.hold("d", 6, memory: 10, owner: "submitter bob")
        #expect(scene.queue == ["d", "c"])
    }

    @Test func smallOnesPassALargeOneSoManyTimes() {
        var scene = LedgerScene(cores: 4, policy(passes: 2))
        scene.run("a", 3)
        scene.hold("large", 4)
        for job in ["m", "n"] {
            #expect(scene.hold(job, 1) == [.held(job)])
            scene.release(job)
        }
        #expect(scene.hold("o", 1) == [.short("o", .behindOthers, blockedByOlder: true)])
        #expect(scene.release("a") == [.held("large")])
        #expect(scene.release("large") == [.held("o")])
    }

    @Test func nothingPassesOneThatWasFirstForSoLong() {
        var scene = LedgerScene(cores: 4, policy(seconds: 10))
        scene.run("a", 3)
        scene.hold("large", 4)
        #expect(scene.hold("m", 1) == [.held("m")])
        scene.release("m")
        scene.now = scene.now + 10_000
        #expect(scene.hold("n", 1) == [.short("n", .behindOthers, blockedByOlder: true)])
    }

    @Test func whatTheFirstDoesNotMissMayPassAlways() {
        var scene = LedgerScene(cores: 8, memory: 100, policy(passes: 0))
        scene.hold("a", 1, memory: 90)
        scene.confirm("a")
        scene.hold("large", 2, memory: 50)
        #expect(scene.hold("m", 1, memory: 1) == [.short("m", .behindOthers, blockedByOlder: true)])
        #expect(scene.hold("n", 5, memory: 0) == [.held("n")])
        // It would take the cores that the first will need.
        #expect(scene.hold("o", 1, memory: 0) == [.short("o", .behindOthers, blockedByOlder: true)])
    }

    @Test func manyMayPassInOneStep() {
        var scene = LedgerScene(cores: 10)
        scene.run("a", 10)
        scene.hold("large", 10)
        for number in 0..<20 { scene.hold("s\(10 + number)", 1) }
        scene.run("b", 1)
        scene.release("a")
        #expect(scene.ledger.held("local").cores == 10)
        scene.release("large")
        #expect(scene.ledger.held("local").cores == 10)
        #expect(scene.ledger.audit() == nil)
    }

    @Test func aChangedPriorityChangesThePlace() {
        var scene = LedgerScene(cores: 1)
        scene.run("a", 1)
        scene.hold("b", 1)
        scene.hold("c", 1)
        scene.hold("c", 1, priority: 5)
        #expect(scene.queue == ["c", "b"])
        #expect(scene.ledger.audit() == nil)
    }
}
