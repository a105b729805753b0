@testable import NornFlow
import Testing

@Suite struct LedgerTests {
    private let host = LedgerScene.host

    @Test func whatIsReturnedTwiceCountsOnce() {
        var scene = LedgerScene(cores: 4)
        for _ in 0..<2 { #expect(scene.hold("a", 3) == [.held("a")]) }
        #expect(scene.ledger.free("local").cores == 1)
        for _ in 0..<2 { scene.release("a") }
        #expect(scene.ledger.free("local").cores == 4)
        #expect(scene.ledger.isEmpty)
        #expect(scene.ledger.audit() == nil)
    }

    @Test func aRoundThatEndedNeverComesBack() {
        var scene = LedgerScene(cores: 4)
        scene.hold("a", 3, round: 2)
        #expect(scene.hold("a", 3, round: 1) == [])
        #expect(scene.release("a", round: 1) == [])
        #expect(scene.hold("a", 2, round: 3) == [.held("a")])
        #expect(scene.ledger.free("local").cores == 2)
    }

    @Test func whoWaitsIsToldWhatIsMissingAndItsPlace() {
        var scene = LedgerScene(cores: 4, LedgerPolicy(backfill: LedgerPolicy.Backfill(passesMaximum: 0)))
        scene.run("a", 3)
        #expect(scene.hold("b", 2) == [.short("b", .missing, blockedByOlder: false)])
        #expect(scene.shortage("b") == Shortage(missing: [MissingAmount(.cores, wanted: 2, available: 1)], place: 1))
        #expect(scene.hold("c", 1) == [.short("c", .behindOthers, blockedByOlder: true)])
        #expect(scene.shortage("c")?.place == 2)
        #expect(scene.release("a") == [.held("b"), .held("c")])
    }

    @Test func theAnswerSaysWhichAmountIsTooSmall() {
        var scene = LedgerScene(cores: 4, memory: 100)
        scene.hold("a", 1, memory: 80)
        scene.confirm("a")
        scene.hold("b", 1, memory: 50)
        #expect(scene.shortage("b")?.missing == [MissingAmount(.memoryBytes, wanted: 50, available: 20)])
    }

    @Test func aJobHoldsForAllItsPartiesOfASiteOrNone() {
        var scene = LedgerScene(cores: 3)
        scene.hold("a", 2, together: 4)
        #expect(scene.ledger.held("local") == .none)
        scene.hold("b", 1, together: 3)
        #expect(scene.ledger.held("local").cores == 3)
        #expect(scene.hold("b", 2, party: host, together: 3) == [.held("b")])
        #expect(scene.ledger.held("local").cores == 3)
        scene.release("b")
        #expect(scene.ledger.held("local").cores == 3)
        scene.release("b", party: host)
        #expect(scene.ledger.held("local") == .none)
        #expect(scene.ledger.audit() == nil)
    }

    @Test func aPartyThatWaitsGetsItsPartWithTheFirstOfItsJob() {
        var scene = LedgerScene(cores: 4)
        scene.run("a", 3)
        scene.hold("b", 1, together: 2)
        scene.hold("b", 1, party: host, together: 2)
        #expect(scene.release("a") == [.held("b"), .held("b")])
        #expect(scene.ledger.held("local").cores == 2)
    }

    @Test func aSmallerSiteTakesNothingFromJobsThatRun() {
        var scene = LedgerScene(cores: 4)
        scene.run("a", 3)
        #expect(scene.configure(Resources(cores: 2)) == [])
        #expect(scene.ledger.free("local").cores == -1)
        #expect(scene.hold("b", 1) == [.short("b", .missing, blockedByOlder: false)])
        // The others of a job that holds for them take nothing more.
        #expect(scene.hold("a", 1, party: host, together: 3) != [.held("a")])
        scene.release("a", party: host)
        #expect(scene.release("a") == [.held("b")])
        #expect(scene.ledger.audit() == nil)
    }

    @Test func whatNeverFitsHoldsNobodyBack() {
        var scene = LedgerScene(cores: 4, LedgerPolicy(backfill: LedgerPolicy.Backfill(passesMaximum: 0)))
        scene.run("a", 4)
        scene.hold("b", 4)
        scene.hold("c", 1)
        scene.configure(Resources(cores: 2), LedgerPolicy(backfill: LedgerPolicy.Backfill(passesMaximum: 0)))
        #expect(scene.release("a") == [.held("c")])
    }

    @Test func aLowDiskHoldsBackJobsThatHoldNothing() {
        var scene = LedgerScene(cores: 4)
        scene.hold("a", 1, together: 2)
        scene.hold("wide", 4)
        let low = Ledger.Event.admission(open: false, why: "200 MB are free")
        #expect(scene.step(low) == [.short("wide", .lowDisk, blockedByOlder: true)])
        #expect(scene.hold("b", 1) == [.short("b", .lowDisk, blockedByOlder: true)])
        #expect(scene.shortage("b")?.words == "200 MB are free")
        #expect(scene.hold("a", 1, party: host, together: 2) == [.held("a")])
        #expect(scene.confirm("a") == [])
        #expect(scene.ledger.held("local").cores == 2)
        #expect(scene.step(.admission(open: true, why: "")) == [.held("b")])
        #expect(scene.ledger.audit() == nil)
    }

    @Test func viewsShowTheQueueAndWhoHoldsWhat() {
        var scene = LedgerScene(cores: 4)
        scene.run("a", 3, owner: "submitter alice")
        scene.run("b", 1, owner: "partner 10000")
        scene.hold("c", 2, owner: "submitter alice")
        scene.hold("d", 2, owner: "submitter carol")
        #expect(scene.queue == ["d", "c"])
        #expect(scene.ledger.queue(engine: "local", limit: 1).count == 1)
        let shares = scene.ledger.shares(engine: "local")
        #expect(shares.map(\.owner) == ["submitter alice", "partner 10000", "submitter carol"])
        #expect(shares.map(\.share) == [0.75, 0.25, 0])
        #expect(scene.ledger.entries["local"]?.map(\.member.job) == ["a", "b", "d", "c"])
    }

    @Test func aLimitThatAJobWouldAlwaysPassIsFound() throws {
        func parts(_ cores: Int, _ parties: Party...) -> [LedgerPolicy.Part] {
            parties.map { party in
                LedgerPolicy.Part(
                    claim: Claim(engine: "local", resources: Resources(cores: cores)),
                    account: Account(party: party, initiator: host, submitter: ""))
            }
        }
        let (guest, other) = (LedgerScene.guest, Party(role: .arbiter, id: "7"))
        let policy = LedgerPolicy(limits: [.init(party: "8", cores: 1), .init(partner: "10000", cores: 4)])
        #expect(policy.excess(of: parts(4, guest)) == nil)
        let excess = try #require(policy.excess(of: parts(5, guest)))
        #expect(excess.limit == 1 && excess.wanted == 5 && excess.most == 4 && excess.parties == [guest])
        #expect(excess.whose == "jobs of partner 10000")
        // What is held together counts together, unless the limit is for each party by itself.
        #expect(policy.excess(of: parts(2, guest, other)) == nil)
        #expect(policy.excess(of: parts(3, guest, other))?.wanted == 6)
        #expect(LedgerPolicy(limits: [.init(party: "*", cores: 4)]).excess(of: parts(3, guest, other)) == nil)
        #expect(LedgerPolicy(limits: [.init(partner: "5", cores: 1)]).excess(of: parts(3, guest)) == nil)
    }

    @Test func aShortageOfTheFirstSchemaIsRead() throws {
        let shortage = Shortage(missing: [MissingAmount(.cores, wanted: 2, available: 1)], place: 3)
        #expect(shortage.cause == .missing && !shortage.blockedByOlder)
        #expect(Shortage(missing: [], place: 1).cause == .behindOthers)
    }
}
