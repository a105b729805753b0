@testable import NornFlow
import Testing

/// Between sites age decides who gives up.
@Suite struct LedgerAgeTests {
    @Test func theOlderWaitsForTheYoungerAndTheYoungerGivesBack() {
        var scene = LedgerScene(cores: 2)
        scene.hold("young", 2)
        #expect(scene.hold("old", 2) == [])
        #expect(scene.release("young") == [.held("old")])
        #expect(scene.hold("young", 2, round: 2) == [.short("young", .missing, blockedByOlder: true)])
    }

    @Test func theOlderIsToldOnceTheYoungerRuns() {
        var scene = LedgerScene(cores: 2)
        scene.hold("young", 2)
        scene.hold("old", 2)
        #expect(scene.confirm("young") == [.short("old", .missing, blockedByOlder: false)])
    }

    @Test func whoWasToldThatNoOlderOneWaitsHearsWhenOneComes() {
        var scene = LedgerScene(cores: 2)
        scene.run("a", 2)
        #expect(scene.hold("m", 2) == [.short("m", .missing, blockedByOlder: false)])
        #expect(
            scene.hold("g", 1) == [
                .short("m", .missing, blockedByOlder: true), .short("g", .missing, blockedByOlder: false),
            ])
        // The order of turns does not matter: age does, whoever holds the smaller share.
        #expect(scene.hold("b", 1, owner: "submitter bob").contains(.short("g", .missing, blockedByOlder: true)))
    }

    @Test func higherPriorityIsOlder() {
        var scene = LedgerScene(cores: 2)
        scene.hold("a", 2)
        #expect(scene.hold("z", 2, priority: 1) == [])
        scene.release("a")
        #expect(scene.hold("a", 2, round: 2) == [.short("a", .missing, blockedByOlder: true)])
    }
}
