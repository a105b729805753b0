/// What will happen, by time and then by order of entry: a binary heap of places, the items aside, so that sifting
/// moves three numbers and no item.
struct Agenda<Item> {
    private struct Entry {
        var time: Int64
        var order: Int
        var place: Int

        func isBefore(_ other: Entry) -> Bool {
            time != other.time ? time < other.time : order < other.order
        }
    }

    private var heap: [Entry] = []
    private var items: [Item?] = []
    private var free: [Int] = []
    private var entered = 0

    var count: Int { heap.count }

    mutating func add(_ item: Item, at time: Int64) {
        entered += 1
        let place: Int
        if let reused = free.popLast() {
            place = reused
            items[place] = item
        } else {
            place = items.count
            items.append(item)
        }
        heap.append(Entry(time: time, order: entered, place: place))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (time: Int64, item: Item)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        free.append(first.place)
        guard let item = items[first.place].take() else { return nil }
        return (first.time, item)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < heap.count, heap[left].isBefore(heap[least]) { least = left }
            if left + 1 < heap.count, heap[left + 1].isBefore(heap[least]) { least = left + 1 }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
