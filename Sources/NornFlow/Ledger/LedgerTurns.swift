/// Where lanes stand in the order of turns.
extension Ledger {
    /// Brings a lane to its place: its head or its owner's share may have changed. A new head gets a new chance at the
    /// limit that the lane waits for.
    mutating func place(_ lane: Int) {
        guard let head = lanes[lane].entries.first else { return }
        let turn = Turn(
            priority: lanes[lane].key.priority, share: pools[lanes[lane].pool].owners[lanes[lane].owner].share,
            seat: head.seat, lane: lane)
        let before = lanes[lane].turn
        guard before != turn else { return }
        if let counter = lanes[lane].parkedAt, before?.seat == turn.seat {
            if let before { counters[counter].parked.remove(before) }
            counters[counter].parked.insert(turn)
        } else if let before, before.seat == turn.seat {
            // Its owner's share alone changed: among the elders it stands where it stood.
            let pool = lanes[lane].pool
            moveCount(lane, to: turn.bucket)
            pools[pool].turns.remove(before)
            pools[pool].turns.insert(turn)
            pools[pool].needsScan = true
        } else {
            moveCount(lane, to: turn.bucket)
            unplace(lane)
            queue(lane, turn)
        }
        lanes[lane].turn = turn
    }

    private mutating func queue(_ lane: Int, _ turn: Turn) {
        let pool = lanes[lane].pool
        pools[pool].turns.insert(turn)
        pools[pool].elders.insert(turn.elder)
        pools[pool].needsScan = true
    }

    /// Takes a lane out of the order.
    mutating func unplace(_ lane: Int) {
        guard let turn = lanes[lane].turn else { return }
        let pool = lanes[lane].pool
        if let counter = lanes[lane].parkedAt {
            counters[counter].parked.remove(turn)
            counters[counter].elders.remove(turn.elder)
            lanes[lane].parkedAt = nil
        } else {
            pools[pool].turns.remove(turn)
            pools[pool].elders.remove(turn.elder)
        }
        lanes[lane].turn = nil
    }

    /// Has a lane wait, out of the order of turns, for a limit to allow its head.
    mutating func park(_ lane: Int, at counter: Int) {
        guard let turn = lanes[lane].turn, lanes[lane].parkedAt == nil else { return }
        moveCount(lane, to: nil)
        unplace(lane)
        counters[counter].parked.insert(turn)
        counters[counter].elders.insert(turn.elder)
        (lanes[lane].turn, lanes[lane].parkedAt) = (turn, counter)
    }

    mutating func unpark(_ lane: Int) {
        guard let turn = lanes[lane].turn, lanes[lane].parkedAt != nil else { return }
        moveCount(lane, to: turn.bucket)
        unplace(lane)
        queue(lane, turn)
        lanes[lane].turn = turn
    }

    // MARK: How many wait

    /// Those who wait for a limit are not counted: others do not wait for them.
    private func countedIn(_ lane: Int) -> Bucket? { lanes[lane].parkedAt == nil ? lanes[lane].turn?.bucket : nil }

    mutating func count(_ lane: Int, by change: Int, youngest: Seat) {
        guard let bucket = countedIn(lane) else { return }
        add(change, to: bucket, youngest: youngest, in: lanes[lane].pool)
    }

    private mutating func moveCount(_ lane: Int, to bucket: Bucket?) {
        let before = countedIn(lane)
        guard before != bucket, let last = lanes[lane].entries.last else { return }
        let (pool, count) = (lanes[lane].pool, lanes[lane].entries.count)
        if let before { add(-count, to: before, youngest: last.seat, in: pool) }
        if let bucket { add(count, to: bucket, youngest: last.seat, in: pool) }
    }

    private mutating func add(_ change: Int, to bucket: Bucket, youngest: Seat, in pool: Int) {
        var content = pools[pool].buckets[bucket] ?? Bucket.Content(youngest: youngest)
        content.waiting += change
        content.youngest = max(content.youngest, youngest)
        pools[pool].buckets[bucket] = content.waiting > 0 ? content : nil
    }
}
