// What a driver need not write at once. A quiet step noted something of a message and has no word to say of it: neither
// to others nor to the log. It is written with the next step that is not quiet. Lost before, it is a message that did
// not arrive, and comes again.

extension Coordinator {
    /// What a quiet step leaves as it is.
    public struct Stance: Sendable, Hashable {
        fileprivate var isRunning: Bool
        fileprivate var fence: UInt64
    }

    public var stance: Stance { Stance(isRunning: phase == .running, fence: fence) }

    /// Whether the step that came from `before` to here was quiet: with the report of a party of a running job that is
    /// not the last one that an attempt waits for, say.
    public func isQuiet(after event: Event, _ effects: [Effect], from before: Stance) -> Bool {
        guard case .report = event else { return false }
        return before.isRunning && stance == before && effects.allSatisfy(\.isWake)
    }

    /// False when a step with this event is not quiet, as far as that can be said before it: for drivers that have to
    /// keep the row as it is written.
    public func mayBeQuiet(_ event: Event) -> Bool {
        guard case .report(let report) = event, phase == .running, let member = members[report.from] else {
            return false
        }
        let beats = report.epoch > member.epoch || report.heartbeat > member.heartbeat
        return !(beats && report.needsAnswer)
    }
}

extension Member {
    /// What a quiet step leaves as it is.
    public struct Stance: Sendable, Hashable {
        fileprivate var isSettled: Bool
        fileprivate var epoch: UInt64
        fileprivate var fence: UInt64
        fileprivate var ordersNumber: UInt64
    }

    public var stance: Stance {
        Stance(isSettled: isSettled, epoch: epoch, fence: fence, ordersNumber: ordersNumber)
    }

    /// Whether the step that came from `before` to here was quiet: with orders that only acknowledge a report, say.
    public func isQuiet(after event: Event, _ effects: [Effect], from before: Stance) -> Bool {
        guard case .orders = event else { return false }
        return !before.isSettled && stance == before && effects.allSatisfy(\.isWake)
    }

    /// False when a step with this event is not quiet, as far as that can be said before it: for drivers that have to
    /// keep the row as it is written.
    public func mayBeQuiet(_ event: Event) -> Bool {
        guard case .orders(let orders) = event else { return false }
        return (orders.fence, orders.number) <= (fence, ordersNumber) && !orders.needsAnswer && !isSettled
    }
}

extension Effect {
    fileprivate var isWake: Bool {
        if case .wake = self { true } else { false }
    }
}
