/// The part of a store that gives up what is old, a bounded piece at a time.
public protocol AgedStore: Sendable {
    /// Jobs that ended before this wall time, those that ended first first.
    func endedJobs(before: Int64, limit: Int, offset: Int) async throws -> [JobRecord]
    /// Looks at so many events after a number, and forgets those from before this wall time whose job is not spared.
    func removeEvents(before: Int64, after sequence: Int64, limit: Int, sparing: Set<String>) async throws
        -> EventRemoval
    /// Forgets so many refused callers from before this wall time; answers how many.
    func removeSecurity(before: Int64, limit: Int) async throws -> Int
}

/// What became of a piece of the event log.
public struct EventRemoval: Equatable, Sendable {
    public var removed: Int
    /// The last event that was looked at; nil when all that are old enough were.
    public var next: Int64?

    public init(removed: Int, next: Int64?) {
        self.removed = removed
        self.next = next
    }
}

/// Which of the events at hand go: events are in the order of time, so the first one that is young enough ends it.
struct EventSelection {
    private(set) var ranges: [ClosedRange<Int64>] = []
    private(set) var next: Int64?
    private var meetsYoung = false
    private var looked = 0

    mutating func look(_ sequence: Int64, job: String, time: Int64, before: Int64, sparing: Set<String>) {
        guard !meetsYoung else { return }
        guard time < before else {
            meetsYoung = true
            next = nil
            return
        }
        looked += 1
        next = sequence
        guard !sparing.contains(job) else { return }
        if let last = ranges.last, last.upperBound == sequence - 1 {
            ranges[ranges.count - 1] = last.lowerBound...sequence
        } else {
            ranges.append(sequence...sequence)
        }
    }

    /// - Parameter limit: how many events were asked for: fewer were the last there are.
    mutating func end(limit: Int) {
        if looked < limit { next = nil }
    }
}
