/// What one party's worker process took.
public struct WorkerMeasure: Sendable, Hashable {
    /// Windows in a row that make a number of busy threads count.
    static let steadyWindows = 3

    /// The highest resident memory of the process, as the worker itself tells its site.
    public internal(set) var peakBytes = 0
    public internal(set) var cpuMilliseconds = 0
    public internal(set) var wallMilliseconds = 0
    /// Under n: the most windows in a row in which at least n threads were busy.
    private var longest: [Int: Int] = [:]
    private var current: [Int: Int] = [:]

    /// Threads that were busy at once for more than a moment.
    public var busyThreads: Int { max(1, longest.filter { $0.value >= Self.steadyWindows }.keys.max() ?? 1) }

    /// The most windows in a row with more than so many busy threads.
    public func windows(withMoreThan threads: Int) -> Int { longest[threads + 1] ?? 0 }

    mutating func add(busy: Int) {
        for count in 1...max(1, busy, current.keys.max() ?? 1) {
            current[count] = busy >= count ? (current[count] ?? 0) + 1 : 0
            longest[count] = max(longest[count] ?? 0, current[count] ?? 0)
        }
    }
}
