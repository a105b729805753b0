import Glibc

/// What one party's worker process took.
public struct WorkerMeasure: Sendable, Hashable {
    /// Samples in a row that make a number of busy threads count.
    static let steadySamples = 3

    /// The highest resident memory of the process, as the worker itself tells its site.
    public internal(set) var peakBytes = 0
    public internal(set) var cpuMilliseconds = 0
    public internal(set) var wallMilliseconds = 0
    /// Under n: the most samples in a row in which at least n threads ran or wanted to run.
    private var longest: [Int: Int] = [:]
    private var current: [Int: Int] = [:]

    /// Threads that were busy at once for more than a moment.
    public var busyThreads: Int { max(1, longest.filter { $0.value >= Self.steadySamples }.keys.max() ?? 1) }

    /// The most samples in a row with more than so many busy threads.
    public func samples(withMoreThan threads: Int) -> Int { longest[threads + 1] ?? 0 }

    mutating func add(busy: Int) {
        for count in 1...max(1, busy, current.keys.max() ?? 1) {
            current[count] = busy >= count ? (current[count] ?? 0) + 1 : 0
            longest[count] = max(longest[count] ?? 0, current[count] ?? 0)
        }
    }

    /// Threads of a process that run or want to run (state R in /proc, see proc(5)): the same on a busy machine.
    static func busyThreads(of process: pid_t) -> Int {
        guard let folder = opendir("/proc/\(process)/task") else { return 0 }
        defer { closedir(folder) }
        var busy = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix("."), isRunnable("/proc/\(process)/task/\(name)/stat") { busy += 1 }
        }
        return busy
    }

    private static func isRunnable(_ path: String) -> Bool {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = read(file, &buffer, buffer.count)
        // The state follows the name, which stands in parentheses and may hold some itself.
        guard count > 0, let end = buffer[..<count].lastIndex(of: UInt8(ascii: ")")), end + 2 < count else {
            return false
        }
        return buffer[end + 2] == UInt8(ascii: "R")
    }
}
