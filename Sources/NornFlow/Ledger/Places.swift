/// Values that are found by key once and from then on by place: hashing a long key costs more than most of what is done
/// with its value.
struct Places<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var places: [Key: Int] = [:]
    private var values: [Value] = []
    private var free: [Int] = []

    var count: Int { places.count }

    subscript(place: Int) -> Value {
        get { values[place] }
        _modify { yield &values[place] }
    }

    func place(of key: Key) -> Int? { places[key] }

    subscript(key key: Key) -> Value? { places[key].map { values[$0] } }

    /// The key must not be there.
    mutating func add(_ key: Key, _ value: Value) -> Int {
        let place = free.popLast() ?? values.count
        if place == values.count { values.append(value) } else { values[place] = value }
        places[key] = place
        return place
    }

    /// The place is the next new key's.
    mutating func remove(_ key: Key) {
        guard let place = places.removeValue(forKey: key) else { return }
        free.append(place)
    }

    /// Each key with its value, in no order.
    var all: some Collection<(key: Key, value: Value)> { places.lazy.map { ($0.key, values[$0.value]) } }
}
