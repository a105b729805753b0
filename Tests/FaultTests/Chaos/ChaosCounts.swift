import Synchronization

/// What a run did, as it is printed at its end.
final class ChaosCounts: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func add(_ name: String, _ number: Int = 1) { counts.withLock { $0[name, default: 0] += number } }
    subscript(name: String) -> Int { counts.withLock { $0[name] ?? 0 } }

    /// Every count with its name, those of nothing left out.
    var text: String {
        counts.withLock { $0 }.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            .joined(separator: ", ")
    }
}
