import Glibc

/// How many processors' worth of time the threads of a process used or waited for, window after window. Waiting counts:
/// so it is the same on a busy machine, where two threads share what they would each have. A thread that hands over to
/// another counts for the part of the window in which it ran.
struct ThreadDemand {
    /// Long enough that the moments in which one thread has not yet gone to sleep and the next one already runs are a
    /// small part of it.
    static let windowNanoseconds: UInt64 = 50_000_000
    /// What is missing in a window to a full thread that still counts as one.
    static let tolerance = 0.25

    let process: pid_t
    private var earlier: [String: UInt64] = [:]
    private var start: UInt64

    init(of process: pid_t) {
        self.process = process
        start = Self.nanoseconds()
    }

    /// Busy threads of the window that has just ended; nil while it lasts.
    mutating func busyThreads() -> Int? {
        let now = Self.nanoseconds()
        guard now - start >= Self.windowNanoseconds else { return nil }
        let window = Double(now - start)
        start = now
        let threads = Self.threads(of: process)
        var wanted = 0.0
        for (thread, total) in threads {
            // One that is new ran for no longer than the window.
            wanted += min(Double(total - min(total, earlier[thread] ?? 0)), window)
        }
        earlier = threads
        return Int(wanted / window + Self.tolerance)
    }

    /// Under each thread's id: nanoseconds on a processor and waiting for one, since the thread began; the first two
    /// numbers of `schedstat` in its folder of /proc (the kernel's Documentation/scheduler/sched-stats.rst). Threads
    /// that end within a window are missed.
    private static func threads(of process: pid_t) -> [String: UInt64] {
        guard let folder = opendir("/proc/\(process)/task") else { return [:] }
        defer { closedir(folder) }
        var threads: [String: UInt64] = [:]
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !name.hasPrefix("."), let text = read("/proc/\(process)/task/\(name)/schedstat") else { continue }
            threads[name] = text.split(separator: " ").prefix(2).compactMap { UInt64($0) }.reduce(0, +)
        }
        return threads
    }

    private static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = Glibc.read(file, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    private static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
