/// Reads the entries of a pool in the order of turns: lanes with one share take turns by age, so that lanes are merged,
/// each from when its head is due.
struct TurnScan {
    /// Numbers only: many are looked at.
    private struct Cursor {
        var priority: Int
        var share: Double
        var age: Age
        var lane: Int
        var slot: Int
        var position = SortedChunks<Waiting>.Position()
        var isHead = true
    }

    /// In descending order of turns: the next one is the last.
    private var cursors: [Cursor] = []
    private var nextLane = SortedChunks<Turn>.Position()
    private var current: Cursor?

    init(_ ledger: borrowing Ledger, pool: Int) { takeLane(ledger, pool) }

    /// The next entry's slot.
    mutating func next(_ ledger: borrowing Ledger, pool: Int) -> Int? {
        if let current { advance(current, ledger) }
        guard let cursor = cursors.popLast() else { return nil }
        if cursor.isHead { takeLane(ledger, pool) }
        current = cursor
        return cursor.slot
    }

    /// Leaves out the rest of the lane of the entry that was read last; returns the lane.
    mutating func skipLane() -> Int? {
        defer { current = nil }
        return current?.lane
    }

    private mutating func advance(_ cursor: Cursor, _ ledger: borrowing Ledger) {
        var next = cursor
        next.position = ledger.lanes[cursor.lane].entries.after(cursor.position)
        guard let entry = ledger.lanes[cursor.lane].entries[next.position] else { return }
        (next.age, next.slot, next.isHead) = (entry.seat.age, entry.slot, false)
        add(next, ledger)
    }

    private mutating func takeLane(_ ledger: borrowing Ledger, _ pool: Int) {
        guard let turn = ledger.pools[pool].turns[nextLane] else { return }
        nextLane = ledger.pools[pool].turns.after(nextLane)
        guard let head = ledger.lanes[turn.lane].entries.first else { return }
        add(
            Cursor(
                priority: turn.priority, share: turn.share, age: turn.seat.age, lane: turn.lane, slot: head.slot),
            ledger)
    }

    private mutating func add(_ cursor: Cursor, _ ledger: borrowing Ledger) {
        var place = cursors.count
        while place > 0, !Self.isBefore(cursor, cursors[place - 1], ledger) { place -= 1 }
        cursors.insert(cursor, at: place)
    }

    /// As `Turn` has it.
    private static func isBefore(_ left: Cursor, _ right: Cursor, _ ledger: borrowing Ledger) -> Bool {
        if left.priority != right.priority { return left.priority > right.priority }
        if left.share != right.share { return left.share < right.share }
        if left.age != right.age { return left.age < right.age }
        return ledger.book[left.slot].member < ledger.book[right.slot].member
    }
}
