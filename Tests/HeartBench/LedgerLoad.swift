import NornFlow

/// A ledger with a queue of many owners. A round: one running job gives back, those whose turn it is are granted and
/// confirm, and as many new ones ask.
struct LedgerLoad {
    private static let owners = 50

    private let queued: Int
    private let sizes: Int
    private let party = Party(role: .guest, id: "9999")
    private var ledger = Ledger(site: "site")
    private var running: [MemberKey] = []
    private var oldest = 0
    private var asked = 0
    private let now = Instant(milliseconds: 1_000)

    /// - Parameter sizes: claims are of 1 core to so many.
    init(queued: Int, running: Int, sizes: Int = 1) {
        self.queued = queued
        self.sizes = sizes
        let cores = running * (sizes + 1) / 2
        _ = ledger.step(.configured(["local": Resources(cores: cores)], LedgerPolicy()), at: now)
    }

    mutating func fill() {
        while ledger.waiting("local") < queued { ask() }
    }

    /// Returns how many events the ledger took.
    mutating func run(rounds: Int) -> Int {
        var events = 0
        for _ in 0..<rounds {
            let before = running.count
            events += step(.release(running[oldest], round: 1))
            oldest += 1
            for _ in before..<running.count { events += ask() }
        }
        return events
    }

    @discardableResult private mutating func ask() -> Int {
        asked += 1
        let key = MemberKey(job: jobID(asked), party: party)
        let resources = Resources(cores: 1 + asked * 31 % sizes)
        let account = Account(owner: "submitter \(asked % Self.owners)", party: party, initiator: party)
        return step(
            .hold(
                key, round: 1, claim: Claim(engine: "local", resources: resources), together: resources,
                priority: 0, account: account))
    }

    private mutating func step(_ request: LedgerRequest) -> Int {
        var events = 1
        for effect in ledger.step(.request(request), at: now) {
            guard case .tell(.held(let member, let round)) = effect else { continue }
            running.append(member)
            events += step(.confirm(member, round: round))
        }
        return events
    }
}

/// As long as a site's ids.
func jobID(_ number: Int) -> JobID {
    let digits = String(number)
    return "20261124000000" + String(repeating: "0", count: 8 - digits.count) + digits
}
