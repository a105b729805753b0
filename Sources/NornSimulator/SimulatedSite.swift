import NornFlow

/// A site: the rows that a kill leaves, and what dies with it. Rows are found by their slot in the world.
struct SimulatedSite {
    /// What is durable once a turn has committed, but for what it left unwritten.
    struct Rows {
        var coordinators: [Coordinator?]
        var members: [Member?]
        var unwritten = Unwritten()
        /// Raised at every start.
        var epoch: UInt64 = 1
    }

    let name: String
    var rows: Rows
    var ledger: Ledger
    var isUp = true
    var clock = SimulatedClock()
    /// What the site has, and what was held when it was last looked at.
    var cores = Workload.coresPerSite
    /// What the ledger was told that there is.
    var toldCores = Workload.coresPerSite
    var heldCores = 0
    var isDiskLow = false
    var policy = LedgerPolicy()
    var upSince: Int64 = 0
    /// Whether its rows were once those of a backup.
    var isRestored = false
    /// The site takes nothing in before then.
    var stalledUntil: Int64 = 0
    /// A turn of which the driver does not know whether it was committed.
    var unsettled: Turn?
    /// Whether what stays at the site waits for a commit of its own.
    var isSplit = false
    /// Whether quiet changes wait for others to be written with.
    var leavesUnwritten = false
    /// The newest wake of each aggregate, by slot; older ones are forgotten.
    var wakes: [Int]
    /// What the site has taken in and not yet stepped, from `inboxHead` on.
    var inbox: [LocalEvent] = []
    var inboxHead = 0
    /// An earlier state of the rows.
    var backup: Rows?
    /// What a driver that acknowledges too early would lose.
    var lastRows: Rows?

    var capacity: [String: Resources] { [Workload.engine: Resources(cores: cores)] }

    init(name: String, slots: Int) {
        self.name = name
        rows = Rows(
            coordinators: [Coordinator?](repeating: nil, count: slots),
            members: [Member?](repeating: nil, count: slots))
        wakes = [Int](repeating: 0, count: slots + slots / World.slotsOfJob)
        ledger = Ledger(site: name)
    }
}

/// A monotonic clock: every run of a site has another origin, and a rate of its own.
struct SimulatedClock {
    /// Milliseconds of the site in ten thousand of the world.
    var rate: Int64 = 10_000
    private var origin: Int64 = 0
    private var base: Int64 = 0

    mutating func restart(at now: Int64, showing origin: Int64) {
        self.origin = origin
        base = now
    }

    func instant(at now: Int64) -> Instant {
        Instant(milliseconds: rate == 10_000 ? origin + now - base : origin + (now - base) * rate / 10_000)
    }

    /// The first time of the world at which the clock shows the instant.
    func time(of instant: Instant) -> Int64 {
        let since = instant.milliseconds - origin
        guard rate != 10_000 else { return base + since }
        return base + (since * 10_000 + rate - 1) / rate
    }
}

/// What a site takes in. Boxed, so that queues move a pointer.
indirect enum LocalEvent {
    /// By the number of the job.
    case coordinator(Int, Coordinator.Event)
    /// By slot.
    case member(Int, Member.Event)
    case ledger(Ledger.Event)
    case submit(Int)
    case orders(Orders)
}
