@testable import NornFlow
import Testing

@Suite struct LedgerPreemptionTests {
    private func scene(cores: Int) -> LedgerScene {
        LedgerScene(cores: cores, LedgerPolicy(preemption: .lowerPriority))
    }

    @Test func theYoungestOfTheLowestPriorityGivesBack() {
        var scene = scene(cores: 4)
        scene.run("a", 1, priority: 1)
        scene.run("b", 1)
        scene.run("c", 1)
        scene.run("d", 1, priority: 2)
        #expect(scene.hold("e", 1, priority: 5) == [.giveBack("c"), .short("e", .missing, blockedByOlder: false)])
        #expect(scene.release("c") == [.held("e")])
        #expect(scene.ledger.audit() == nil)
    }

    @Test func theFewestThatMakeItFitGiveBack() {
        var scene = scene(cores: 6)
        scene.run("a", 3)
        scene.run("b", 1)
        scene.run("c", 1)
        scene.run("d", 1)
        #expect(scene.hold("e", 3, priority: 1).first == .giveBack("a"))
        #expect(scene.hold("f", 2, priority: 1).prefix(2) == [.giveBack("d"), .giveBack("c")])
    }

    @Test func neverForEqualPriorityAndNeverInVain() {
        var scene = scene(cores: 4)
        scene.run("a", 3, priority: 1)
        scene.run("b", 1)
        #expect(scene.hold("c", 1) == [.short("c", .missing, blockedByOlder: false)])
        scene.release("c")
        // With the one of lower priority it would still not fit.
        #expect(scene.hold("d", 2, priority: 1) == [.short("d", .missing, blockedByOlder: false)])
    }

    @Test func neverWhereThePolicyDoesNotAskForIt() {
        var scene = LedgerScene(cores: 4)
        scene.run("a", 4)
        #expect(scene.hold("b", 1, priority: 9) == [.short("b", .missing, blockedByOlder: false)])
    }

    @Test func whatIsGivenBackIsKeptForTheOneThatAsked() {
        var scene = scene(cores: 4)
        scene.run("a", 2)
        scene.run("b", 2)
        #expect(scene.hold("c", 4, priority: 1).prefix(2) == [.giveBack("b"), .giveBack("a")])
        scene.release("b")
        #expect(scene.hold("d", 1, priority: 1) == [.short("d", .behindOthers, blockedByOlder: true)])
        #expect(scene.release("a") == [.held("c")])
    }

    @Test func whoseHoldIsNotConfirmedIsNotPreempted() {
        var scene = scene(cores: 4)
        scene.hold("a", 4)
        // It waits for the younger one in silence.
        #expect(scene.hold("b", 4, priority: 1) == [])
        #expect(scene.confirm("a") == [.giveBack("a"), .short("b", .missing, blockedByOlder: false)])
    }

    /// One that others give back for and one that may not be passed would keep the same cores from each other for ever.
    @Test func whatIsGivenBackIsNotKeptFromOneWhoseTurnIsBefore() {
        let bounds = LedgerPolicy.Backfill(passesMaximum: 0)
        var scene = LedgerScene(cores: 4, LedgerPolicy(backfill: bounds, preemption: .lowerPriority))
        scene.run("a", 4)
        #expect(scene.hold("b", 2, priority: 1).first == .giveBack("a"))
        scene.hold("c", 4, priority: 2)
        #expect(scene.release("a") == [.held("c")])
        scene.confirm("c")
        #expect(scene.release("c") == [.held("b")])
        #expect(scene.ledger.audit() == nil)
    }

    @Test func whoLeavesTheQueueKeepsNothing() {
        var scene = scene(cores: 2)
        scene.run("a", 2)
        scene.hold("b", 2, priority: 1)
        scene.release("b")
        #expect(scene.release("a") == [])
        #expect(scene.hold("c", 2) == [.held("c")])
        #expect(scene.ledger.audit() == nil)
    }
}
