import ProbeHarness
import Testing

/// The verdict of a run can fail: evidence of a run that went well, with one defect planted in it each time.
struct VerdictTests {
    private static let probe = ProbeJob(guest: "9999", hosts: ["10000"], tasks: [10], retries: 1, marks: "/marks")
    private static let name = "1.probe_0"

    private static func attempt(_ party: String, _ number: Int = 0, _ code: String = "") -> ChaosEvidence.Attempt {
        ChaosEvidence.Attempt(
            task: "probe_0", number: number, party: party, status: code.isEmpty ? "success" : "failed", code: code,
            started: 1000 + Int64(number) * 1000, ended: 1500 + Int64(number) * 1000)
    }

    private static func mark(_ what: String, _ party: String, _ attempt: Int = 0, process: Int = 7) -> Marks.Mark {
        Marks.Mark(what: what, task: name, attempt: attempt, party: party, process: process, milliseconds: 1200)
    }

    private static func seen(_ party: String) -> ChaosEvidence.Seen {
        ChaosEvidence.Seen(status: "success", attempts: [attempt(party)], starts: ["probe_0/0/\(party)"])
    }

    /// One job of the guest's and the host's sites.
    private static func good() -> ChaosEvidence {
        ChaosEvidence(
            jobs: [ChaosWorkload.Accepted(id: "1", site: 0, sites: [0, 1], probe: probe)],
            seen: [["1": seen("guest_9999")], ["1": seen("host_10000")], [:]],
            marks: Marks(["guest_9999", "host_10000"].flatMap { [mark("start", $0), mark("end", $0)] }),
            leftovers: [], deeds: ChaosDeeds.Log())
    }

    /// The same job, failed at the host by crashes of these attempts.
    private static func crashed(_ attempts: [Int]) -> ChaosEvidence {
        var evidence = good()
        for site in 0...1 {
            evidence.seen[site]["1"]?.status = "failed"
            evidence.seen[site]["1"]?.code = "worker_crashed"
        }
        evidence.seen[1]["1"]?.attempts = attempts.map { attempt("host_10000", $0, "worker_crashed") }
        return evidence
    }

    @Test func aGoodRunHasNoFindings() {
        let verdict = ChaosVerdict(Self.good())
        #expect(verdict.findings.isEmpty, "\(verdict.findings)")
        #expect(verdict.endings == ["success": 1])
        #expect(verdict.starts == 2)
    }

    @Test func aJobThatItsSiteForgotIsLost() {
        var evidence = Self.good()
        evidence.seen[0] = [:]
        #expect(ChaosVerdict(evidence).lost == ["1"])
    }

    @Test func aSecondStartIsDoubledByEachOfItsWitnesses() {
        var marked = Self.good()
        marked.marks = Marks(marked.marks.all + [Self.mark("start", "host_10000", process: 8)])
        #expect(ChaosVerdict(marked).doubled.count == 1)
        var logged = Self.good()
        logged.seen[1]["1"]?.starts.append("probe_0/0/host_10000")
        #expect(ChaosVerdict(logged).doubled.count == 1)
        var kept = Self.good()
        kept.seen[0]["1"]?.attempts.append(Self.attempt("guest_9999"))
        #expect(ChaosVerdict(kept).doubled.count == 1)
    }

    @Test func twoAttemptsAliveAtOnceAreDoubled() {
        var evidence = Self.good()
        evidence.marks = Marks(evidence.marks.all + [Self.mark("overlap", "host_10000", 1)])
        #expect(ChaosVerdict(evidence).doubled.count == 1)
    }

    @Test func whatIsLeftIsLeaked() {
        var evidence = Self.good()
        evidence.leftovers = ["host: worker 12 in /tmp"]
        #expect(ChaosVerdict(evidence).leaked == evidence.leftovers)
    }

    @Test func differentEndsAtTwoSitesDisagree() {
        var evidence = Self.good()
        evidence.seen[1]["1"]?.status = "failed"
        #expect(ChaosVerdict(evidence).disagreed.count == 1)
    }

    @Test func aSuccessWithoutItsMarkIsNotProven() {
        var evidence = Self.good()
        evidence.marks = Marks(evidence.marks.all.filter { $0.what != "end" || $0.party != "host_10000" })
        #expect(ChaosVerdict(evidence).unproven.count == 1)
    }

    @Test func aFailureNeedsAKillForEveryTry() {
        var evidence = Self.crashed([0, 1])
        #expect(ChaosVerdict(evidence).unexplained.count == 1)
        evidence.deeds.killedWorkers = ["1/host_10000/probe_0/0"]
        #expect(ChaosVerdict(evidence).unexplained.count == 1, "one of two tries was not killed")
        evidence.deeds.killedWorkers.insert("1/host_10000/probe_0/1")
        let verdict = ChaosVerdict(evidence)
        #expect(verdict.findings.isEmpty, "\(verdict.findings)")
        #expect(verdict.endings == ["failed worker_crashed, tried 2 times: worker killed": 1])
    }

    @Test func aJobThatFailsBeforeItsTriesAreUsedUpIsNotExplained() {
        var evidence = Self.crashed([0])
        evidence.deeds.killedWorkers = ["1/host_10000/probe_0/0"]
        #expect(ChaosVerdict(evidence).unexplained.count == 1)
    }

    @Test func anExcuseOfOnePartyIsNoneForAnother() {
        var evidence = Self.crashed([0, 1])
        evidence.deeds.killedWorkers = ["1/host_10000/probe_0/0", "1/host_10000/probe_0/1"]
        evidence.seen[0]["1"]?.attempts = [Self.attempt("guest_9999", 1, "worker_crashed")]
        #expect(ChaosVerdict(evidence).unexplained.count == 1)
    }

    @Test func aFullDiskExplainsWhatFailedAtItsSiteAndTime() {
        var evidence = Self.crashed([0, 1])
        evidence.seen[1]["1"]?.attempts = [0, 1].map { Self.attempt("host_10000", $0, "component_failed") }
        evidence.deeds.fullDisk = [ChaosDeeds.Window(from: 900, to: 1100), ChaosDeeds.Window(from: 2100, to: nil)]
        #expect(ChaosVerdict(evidence).findings.isEmpty)
        evidence.deeds.fullDisk[1].from = 20_000
        #expect(ChaosVerdict(evidence).unexplained.count == 1, "the second try had room")
        evidence.deeds.fullDisk[1].from = 2100
        (evidence.seen[0], evidence.seen[1]) = (evidence.seen[1], evidence.seen[0])
        #expect(ChaosVerdict(evidence).unexplained.count == 1, "it failed where no disk was full")
    }

    @Test func aCanceledJobNeedsSomebodyWhoStoppedIt() {
        var evidence = Self.good()
        for site in 0...1 { evidence.seen[site]["1"]?.status = "canceled" }
        #expect(ChaosVerdict(evidence).unexplained.count == 1)
        evidence.deeds.stopped = ["1"]
        #expect(ChaosVerdict(evidence).findings.isEmpty)
    }

    @Test func theSameSeedMakesTheSamePlan() {
        var (one, two) = (ChaosPlan(seed: 5, sites: 3), ChaosPlan(seed: 5, sites: 3))
        var other = ChaosPlan(seed: 6, sites: 3)
        let plans = (0..<100).map { _ in (one.next(), two.next(), other.next()) }
        #expect(plans.allSatisfy { $0.0 == $0.1 })
        #expect(plans.contains { $0.0 != $0.2 })
        #expect(Set(plans.map(\.0.fault.kind)).count == ChaosPlan.Fault.Kind.allCases.count)
    }
}
