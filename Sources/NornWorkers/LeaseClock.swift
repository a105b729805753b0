import Glibc

/// The clock by which a worker's own lease ends: the same for every process of the machine, and not stopped by its sleep.
public enum LeaseClock {
    /// Milliseconds since the machine's start.
    public static func milliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
