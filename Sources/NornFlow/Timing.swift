/// The right of a coordinator to have workers run and resources held at a member.
///
/// A lease runs from the instant at which the member sent the heartbeat that the coordinator answered. The
/// coordinator heard that heartbeat later, so what it counts from then ends later too, however long a message took.
enum Lease {
    /// How long a member goes on without an answer.
    static let leaseMilliseconds: Int64 = 30_000
    /// What a member needs to end its workers, and the drift of two clocks over a lease.
    static let graceMilliseconds: Int64 = 10_000
    /// How often a member asks for its lease to be renewed.
    static let renewalMilliseconds: Int64 = 10_000
    /// How many heartbeats a member remembers: answers to older ones renew nothing.
    static let rememberedHeartbeats = 4
}

enum Repair {
    /// An unanswered message is sent again after this pause, then after twice as long each time.
    static let firstPauseMilliseconds: Int64 = 1_000
    static let longestPauseMilliseconds: Int64 = 60_000
    /// How often a coordinator asks a member that has nothing new to say, and a member its ledger for its place.
    static let intervalMilliseconds: Int64 = 120_000

    static func longer(_ pauseMilliseconds: Int64) -> Int64 {
        min(max(pauseMilliseconds * 2, firstPauseMilliseconds), longestPauseMilliseconds)
    }
}

enum Reserving {
    /// How long other parties hold for one that has not answered; then they give back until it does.
    static let patienceMilliseconds: Int64 = 5_000
}
