/// The order of turns at one site: priority, the share that the owner holds, age, party. A lane stands in it with the
/// member at its head.
struct Turn: Sendable, Comparable {
    var priority: Int
    var share: Double
    var seat: Seat
    var lane: Int

    var member: MemberKey { seat.member }

    static func < (left: Turn, right: Turn) -> Bool {
        if left.priority != right.priority { return left.priority > right.priority }
        if left.share != right.share { return left.share < right.share }
        return left.seat < right.seat
    }

    static func == (left: Turn, right: Turn) -> Bool {
        left.priority == right.priority && left.share == right.share && left.seat == right.seat
    }

    var elder: Elder { Elder(priority: priority, job: seat.member.job, age: seat.age, lane: lane) }

    var bucket: Bucket { Bucket(priority: priority, share: share) }
}

/// The global order of jobs, the same at every site: priority, then age. `lane` only tells lanes apart.
struct Elder: Sendable, Comparable {
    var priority: Int
    var job: JobID
    var age: Age
    var lane = -1

    init(priority: Int, job: JobID, age: Age? = nil, lane: Int = -1) {
        self.priority = priority
        self.job = job
        self.age = age ?? Age(job)
        self.lane = lane
    }

    static func < (left: Elder, right: Elder) -> Bool {
        if left.priority != right.priority { return left.priority > right.priority }
        if left.age != right.age { return left.age < right.age }
        if left.job != right.job { return left.job < right.job }
        return left.lane < right.lane
    }

    func isOlder(than other: Elder) -> Bool {
        if priority != other.priority { return priority > other.priority }
        return age != other.age ? age < other.age : job < other.job
    }
}

/// Those among whom age alone decides.
struct Bucket: Sendable, Hashable {
    var priority: Int
    var share: Double

    func isBefore(_ other: Bucket) -> Bool {
        priority != other.priority ? priority > other.priority : share < other.share
    }

    /// How many wait in it, and who came last: nobody in it is younger.
    struct Content: Sendable {
        var waiting = 0
        var youngest: Seat
    }
}

/// One entry in its lane.
struct Waiting: Sendable, Comparable {
    var seat: Seat
    var slot: Int

    static func < (left: Waiting, right: Waiting) -> Bool { left.seat < right.seat }
    static func == (left: Waiting, right: Waiting) -> Bool { left.seat == right.seat }
}

/// Entries that differ in age alone: one priority, one owner, and the same limits.
struct Lane: Sendable {
    struct Key: Sendable, Hashable {
        var priority: Int
        var owner: String
        var party: String
        var partner: String
    }

    let key: Key
    let pool: Int
    /// The place of its owner in the pool.
    let owner: Int
    /// The counters of limits that its jobs fall under.
    let counters: [Int]
    var entries = SortedChunks<Waiting>()
    /// Where it stands; nil while it is empty.
    var turn: Turn?
    /// The counter at which it waits, out of the order of turns, for its limit to allow its head.
    var parkedAt: Int?
}
