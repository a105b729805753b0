import NornFlow

/// The aggregates that want to be woken, the next one first: a binary heap, in which outdated entries stay until they
/// come up.
struct HeartTimers {
    enum Target: Hashable, Sendable {
        case coordinator(JobID)
        case member(MemberKey)
    }

    private struct Entry {
        var instant: Instant
        var target: Target
    }

    /// Outdated entries are cleared out when they are more than the others and more than this.
    private static let outdatedMinimum = 1024

    private var instants: [Target: Instant] = [:]
    private var heap: [Entry] = []

    mutating func set(_ target: Target, _ instant: Instant?) {
        guard instants[target] != instant else { return }
        instants[target] = instant
        if let instant { push(Entry(instant: instant, target: target)) }
        if heap.count > 2 * instants.count + Self.outdatedMinimum { rebuild() }
    }

    var next: Instant? {
        mutating get {
            while let first = heap.first, instants[first.target] != first.instant { pop() }
            return heap.first?.instant
        }
    }

    /// Takes those whose time has come.
    mutating func due(at now: Instant) -> [Target] {
        var due: [Target] = []
        while let instant = next, instant <= now {
            let target = heap[0].target
            pop()
            instants[target] = nil
            due.append(target)
        }
        return due
    }

    private mutating func rebuild() {
        let live = instants.map { Entry(instant: $1, target: $0) }
        // An ascending list is a heap.
        heap = live.sorted { $0.instant < $1.instant }
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var place = heap.count - 1
        while place > 0, heap[place].instant < heap[(place - 1) / 2].instant {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func pop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var place = 0
        while true {
            let children = [2 * place + 1, 2 * place + 2].filter { $0 < heap.count }
            guard let least = children.min(by: { heap[$0].instant < heap[$1].instant }),
                heap[least].instant < heap[place].instant
            else { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
