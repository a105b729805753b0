/// Reads the entries of a pool in the order of turns: lanes with one share take turns by age, so that lanes are merged,
/// each from when its head is due.
struct TurnScan {
    private struct Cursor {
        var turn: Turn
        var position: SortedChunks<Waiting>.Position
        var slot: Int
        var isHead: Bool
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
        return current?.turn.lane
    }

    private mutating func advance(_ cursor: Cursor, _ ledger: borrowing Ledger) {
        let entries = ledger.lanes[cursor.turn.lane].entries
        let position = entries.after(cursor.position)
        guard let entry = entries[position] else { return }
        var turn = cursor.turn
        turn.member = entry.member
        add(Cursor(turn: turn, position: position, slot: entry.slot, isHead: false))
    }

    private mutating func takeLane(_ ledger: borrowing Ledger, _ pool: Int) {
        guard let turn = ledger.pools[pool].turns[nextLane] else { return }
        nextLane = ledger.pools[pool].turns.after(nextLane)
        guard let head = ledger.lanes[turn.lane].entries.first else { return }
        add(Cursor(turn: turn, position: SortedChunks<Waiting>.Position(), slot: head.slot, isHead: true))
    }

    private mutating func add(_ cursor: Cursor) {
        let place = cursors.lastIndex { cursor.turn < $0.turn }.map { $0 + 1 } ?? 0
        cursors.insert(cursor, at: place)
    }
}
