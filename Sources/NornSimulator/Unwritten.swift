import NornFlow

/// Rows as they were last written, of those that quiet steps have changed since: what a driver that leaves quiet
/// changes unwritten finds in its store when it reads.
struct Unwritten {
    /// A row, boxed: it is much moved about.
    final class Written<Row: Sendable>: Sendable {
        let row: Row
        init(_ row: Row) { self.row = row }
    }

    /// By number.
    fileprivate(set) var coordinators: [Int: Written<Coordinator>] = [:]
    /// By slot.
    fileprivate(set) var members: [Int: Written<Member>] = [:]

    var count: Int { coordinators.count + members.count }
}

extension SimulatedSite.Rows {
    /// What the store has.
    var durable: Self {
        guard unwritten.count > 0 else { return self }
        var rows = self
        for (number, written) in unwritten.coordinators { rows.coordinators[number] = written.row }
        for (slot, written) in unwritten.members { rows.members[slot] = written.row }
        rows.unwritten = Unwritten()
        return rows
    }

    /// The coordinator as the store has it, if a step with this event may be quiet.
    func writtenCoordinator(_ number: Int, before event: Coordinator.Event) -> Unwritten.Written<Coordinator>? {
        guard case .report = event, coordinators[number]?.mayBeQuiet(event) == true else { return nil }
        return unwritten.coordinators[number] ?? coordinators[number].map { Unwritten.Written($0) }
    }

    /// The member as the store has it, if a step with this event may be quiet.
    func writtenMember(_ slot: Int, before event: Member.Event) -> Unwritten.Written<Member>? {
        guard case .orders = event, members[slot]?.mayBeQuiet(event) == true else { return nil }
        return unwritten.members[slot] ?? members[slot].map { Unwritten.Written($0) }
    }

    /// - Parameter written: the row as it stays in the store; nil: the turn writes the row.
    mutating func leave(_ number: Int, _ written: Unwritten.Written<Coordinator>?) {
        if written != nil || !unwritten.coordinators.isEmpty { unwritten.coordinators[number] = written }
    }

    /// - Parameter written: the row as it stays in the store; nil: the turn writes the row.
    mutating func leave(_ slot: Int, _ written: Unwritten.Written<Member>?) {
        if written != nil || !unwritten.members.isEmpty { unwritten.members[slot] = written }
    }
}

extension World {
    /// Whether a site leaves quiet changes unwritten in the run that begins. Drawn from a stream of its own, so that
    /// everything else strikes as it would without.
    mutating func leavesUnwritten() -> Bool {
        areFaultsOn && chances.unwritten.happens(plan.faults[.unwritten]) && countsFault()
    }

    /// Whether a row stays as it is written after a step that may be quiet.
    func mayLeave(_ isQuiet: Bool, _ slot: Int, isCoordinator: Bool) -> Bool {
        (isQuiet || plan.planted == .toldUnwritten) && !turn.writes(slot, isCoordinator: isCoordinator)
    }

    /// The driver reads its rows again, or its process is gone.
    mutating func loseUnwritten(_ site: Int) {
        guard sites[site].rows.unwritten.count > 0 else { return }
        if keepsHistory { note(site, "loses what it left unwritten of \(sites[site].rows.unwritten.count) rows") }
        sites[site].rows = sites[site].rows.durable
    }
}
