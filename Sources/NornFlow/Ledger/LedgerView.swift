extension Ledger {
    /// What an owner holds of an engine.
    public struct Share: Codable, Sendable, Hashable {
        /// As `Account.owner`.
        public var owner: String
        public var held: Resources
        /// The largest part that this is of any kind of resource, from 0 to 1.
        public var share: Double
        public var waiting: Int
    }

    /// One that waits, and why.
    public struct QueueEntry: Codable, Sendable, Hashable {
        public var entry: Entry
        public var shortage: Shortage
    }

    public static let queueViewMaximum = 1_000

    public var engines: [String] { pools.map(\.engine).sorted() }

    public var isEmpty: Bool { slots.isEmpty }

    /// What is held of an engine. A job holds what it claims for all its parties here from its first party on.
    public func held(_ engine: String) -> Resources { poolPlaces[engine].map { pools[$0].used } ?? .none }

    /// Negative after the capacity was made smaller than what is held.
    public func free(_ engine: String) -> Resources { (capacity[engine] ?? .none) - held(engine) }

    public func entry(of member: MemberKey) -> Entry? { slots[member].map { book[$0] } }

    /// Why a member waits, as it stands now; nil when it does not wait here.
    public func shortage(of member: MemberKey) -> Shortage? {
        guard let slot = slots[member], book[slot].status == .queued else { return nil }
        return shortage(slot, lanesMaximum: .max)
    }

    /// How many wait for an engine.
    public func waiting(_ engine: String) -> Int { poolPlaces[engine].map { pools[$0].waiting } ?? 0 }

    /// The first that wait for an engine, in the order of turns, those at their limit among them.
    /// - Parameter limit: at most `queueViewMaximum`.
    public func queue(engine: String, limit: Int = queueViewMaximum) -> [QueueEntry] {
        guard let pool = poolPlaces[engine] else { return [] }
        let most = min(max(0, limit), Self.queueViewMaximum)
        let slots = pools[pool].lanes.values.flatMap { lanes[$0].entries.prefix(most).map(\.slot) }
        let turns = slots.compactMap { slot in turn(of: slot).map { (turn: $0, slot: slot) } }
        return turns.sorted { $0.turn < $1.turn }.prefix(most).map { next in
            QueueEntry(entry: book[next.slot], shortage: shortage(next.slot, lanesMaximum: .max))
        }
    }

    /// What each owner holds and waits for, the largest share first.
    public func shares(engine: String) -> [Share] {
        guard let pool = poolPlaces[engine] else { return [] }
        return pools[pool].owners.all.map { name, owner in
            Share(
                owner: name, held: owner.occupies, share: pools[pool].dominantShare(of: owner.occupies),
                waiting: owner.lanes.reduce(0) { $0 + lanes[$1].entries.count })
        }.sorted { ($1.share, $0.owner) < ($0.share, $1.owner) }
    }

    /// All that hold and wait, by engine: who waits in the order of turns. Looks at every entry.
    public var entries: [String: [Entry]] {
        var entries: [String: [Entry]] = [:]
        for slot in slots.values { entries[book[slot].claim.engine, default: []].append(book[slot]) }
        return entries.mapValues { list in
            list.map { entry in (turn: slots[entry.member].flatMap { turn(of: $0) }, entry: entry) }.sorted {
                switch ($0.turn, $1.turn) {
                case (let left?, let right?): left < right
                case (nil, nil): $0.entry.member < $1.entry.member
                default: $0.turn == nil
                }
            }.map(\.entry)
        }
    }
}
