/// One engine's resources at the site, with all that is kept so that no event looks at every entry.
struct Pool: Sendable {
    /// A job at this site and engine, over all its parties.
    struct JobHere: Sendable {
        let id: JobID
        var priority: Int
        var held: [Int] = []
        var queued: [Int] = []
        var confirmed = 0
        /// What it occupies, and whose share that is.
        var occupies = Resources.none
        /// The place of the owner; -1 while nothing is held.
        var owner = -1
        /// The priority under which it stands among those that gather; nil when it does not.
        var gathersAt: Int?
        /// Was told to give back.
        var isPreempted = false
    }

    struct Owner: Sendable {
        var occupies = Resources.none
        var share = 0.0
        var lanes: [Int] = []
        /// How many entries are its own; with the last one it goes.
        var entries = 0
    }

    let engine: String
    let capacity: Resources
    /// The sum of what the jobs occupy.
    var used = Resources.none
    var jobs = Places<JobID, JobHere>()
    var owners = Places<String, Owner>()
    var lanes: [Lane.Key: Int] = [:]
    /// Lanes that are not parked, by turn, and by the global order of their heads.
    var turns = SortedChunks<Turn>()
    var elders = SortedChunks<Elder>()
    /// Jobs that hold and have not confirmed: they may still give up.
    var gathering = SortedChunks<Elder>()
    var buckets: [Bucket: Bucket.Content] = [:]
    var waiting = 0
    /// How many of them ask for no core: while there are none, nobody is granted without a free core.
    var corelessWaiting = 0
    /// First in turn and waiting, untold, for younger ones to give up.
    var silent: [Int] = []
    /// Those that were told that no older one waits here.
    var keepers: [Int] = []
    /// Those for which others were told to give back: what is freed is theirs.
    var claimants: [Int] = []
    /// The first that did not fit when all were looked at last.
    var front: Int?
    /// Something was given back, or the order changed: look at all again.
    var needsScan = false

    init(engine: String, capacity: Resources) {
        self.engine = engine
        self.capacity = capacity
    }

    var free: Resources { capacity - used }

    /// The oldest job that waits or gathers here, those at their limit left out.
    var oldest: Elder? {
        guard let elder = elders.first else { return gathering.first }
        guard let other = gathering.first else { return elder }
        return min(elder, other)
    }

    /// The largest part that it is of any one kind of resource (Ghodsi and others, Dominant Resource Fairness,
    /// NSDI 2011).
    func dominantShare(of resources: Resources) -> Double {
        func part(_ amount: Int64, _ whole: Int64) -> Double { whole > 0 ? Double(amount) / Double(whole) : 0 }
        return max(
            part(Int64(resources.cores), Int64(capacity.cores)), part(resources.memoryBytes, capacity.memoryBytes),
            part(Int64(resources.workingNodes), Int64(capacity.workingNodes)))
    }
}

extension Resources {
    /// Each amount by itself the larger one.
    static func larger(_ left: Resources, _ right: Resources) -> Resources {
        Resources(
            cores: max(left.cores, right.cores), memoryBytes: max(left.memoryBytes, right.memoryBytes),
            workingNodes: max(left.workingNodes, right.workingNodes))
    }

    /// Whether taking this, too, leaves of `free` what is reserved, in each kind that it takes of.
    func leaves(_ reserved: Resources, of free: Resources) -> Bool {
        (cores == 0 || cores + reserved.cores <= free.cores)
            && (memoryBytes == 0 || memoryBytes + reserved.memoryBytes <= free.memoryBytes)
            && (workingNodes == 0 || workingNodes + reserved.workingNodes <= free.workingNodes)
    }
}
