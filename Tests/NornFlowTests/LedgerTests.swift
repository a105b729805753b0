import NornFlow
import Testing

@Suite struct LedgerTests {
    private let guest = Party(role: .guest, id: "9999")
    private let host = Party(role: .host, id: "10000")
    private let start = Instant(milliseconds: 0)

    private func ledger(cores: Int) -> Ledger {
        var ledger = Ledger(site: "here")
        _ = ledger.step(.configured(["local": Resources(cores: cores)], LedgerPolicy()), at: start)
        return ledger
    }

    private func key(_ job: JobID, _ party: Party? = nil) -> MemberKey { MemberKey(job: job, party: party ?? guest) }

    private func hold(_ key: MemberKey, _ cores: Int, together: Int? = nil, round: Int = 1) -> Ledger.Event {
        .request(
            .hold(
                key, round: round, claim: Claim(engine: "local", resources: Resources(cores: cores)),
                together: Resources(cores: together ?? cores), priority: 0,
                account: Account(owner: "submitter alice", party: key.party, initiator: guest)))
    }

    private func answers(_ effects: [Effect]) -> [LedgerAnswer] {
        effects.compactMap { if case .tell(let answer) = $0 { answer } else { nil } }
    }

    @Test func whatIsReturnedTwiceCountsOnce() {
        var ledger = ledger(cores: 4)
        #expect(answers(ledger.step(hold(key("a"), 3), at: start)) == [.held(key("a"), round: 1)])
        #expect(answers(ledger.step(hold(key("a"), 3), at: start)) == [.held(key("a"), round: 1)])
        #expect(ledger.free("local").cores == 1)
        for _ in 0..<2 { _ = ledger.step(.request(.release(key("a"), round: 1)), at: start) }
        #expect(ledger.free("local").cores == 4)
        #expect(ledger.entries.isEmpty)
    }

    @Test func whoWaitsIsToldWhatIsMissingAndItsPlace() {
        var ledger = ledger(cores: 4)
        _ = ledger.step(hold(key("a"), 3), at: start)
        _ = ledger.step(.request(.confirm(key("a"), round: 1)), at: start)
        let missing = [MissingAmount(.cores, wanted: 2, available: 1)]
        #expect(
            answers(ledger.step(hold(key("b"), 2), at: start))
                == [.short(key("b"), round: 1, Shortage(missing: missing, place: 1))])
        // It would fit, but b is first.
        #expect(
            answers(ledger.step(hold(key("c"), 1), at: start))
                == [.short(key("c"), round: 1, Shortage(missing: [], place: 2))])
        #expect(
            answers(ledger.step(.request(.release(key("a"), round: 1)), at: start))
                == [.held(key("b"), round: 1), .held(key("c"), round: 1)])
    }

    @Test func theOlderWaitsForTheYoungerAndTheYoungerGivesBack() {
        var ledger = ledger(cores: 2)
        _ = ledger.step(hold(key("young"), 2), at: start)
        #expect(answers(ledger.step(hold(key("old"), 2), at: start)) == [])
        #expect(
            answers(ledger.step(.request(.release(key("young"), round: 1)), at: start))
                == [.held(key("old"), round: 1)])
        guard case .short = answers(ledger.step(hold(key("young"), 2, round: 2), at: start)).first else {
            Issue.record("the younger one has to hear that it is short")
            return
        }
    }

    @Test func aJobHoldsForAllItsPartiesOfASiteOrNone() {
        var ledger = ledger(cores: 3)
        _ = ledger.step(hold(key("a"), 2, together: 4), at: start)
        #expect(ledger.held("local") == .none)
        _ = ledger.step(hold(key("b"), 1, together: 3), at: start)
        _ = ledger.step(.request(.release(key("a"), round: 1)), at: start)
        #expect(ledger.held("local").cores == 3)
        #expect(
            answers(ledger.step(hold(key("b", host), 2, together: 3), at: start)) == [.held(key("b", host), round: 1)])
        #expect(ledger.held("local").cores == 3)
    }
}
