import Foundation
import Synchronization

/// The two clocks of a site.
public enum Clocks {
    private static let origin = ContinuousClock.now

    /// Milliseconds that no setting of the clock changes; meaningful within one run of the site. They go on while the
    /// machine sleeps: leases end then as well.
    public static func monotonicMilliseconds() -> Int64 {
        let (seconds, attoseconds) = origin.duration(to: .now).components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }

    /// Milliseconds since 1970, for people.
    public static func wallMilliseconds() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}

/// Ids that nobody guesses.
public enum FreshID {
    public static func hexadecimal(bytes: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<bytes).map { _ in
            let byte = UInt8.random(in: 0...255, using: &generator)
            return String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    /// The instant and the tail of the job id that this process gave last.
    private static let lastJob = Mutex<(milliseconds: Int64, tail: Int)>((0, 0))
    private static let tails = 0..<100_000

    /// A job id in FATE's form: 22 digits, 17 of wall time and 5 of chance. Later ones of this process are greater, so
    /// that none repeats and age can be read from them; two sites' ids of one millisecond differ by chance.
    public static func job() -> String {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        let id = lastJob.withLock { last in
            if now > last.milliseconds {
                last = (now, Int.random(in: 0..<tails.upperBound / 2))
            } else {
                last.tail += Int.random(in: 1...97)
                if !tails.contains(last.tail) { last = (last.milliseconds + 1, Int.random(in: 0..<97)) }
            }
            return last
        }
        var parts = tm()
        var seconds = time_t(id.milliseconds / 1000)
        gmtime_r(&seconds, &parts)
        return String(
            format: "%04d%02d%02d%02d%02d%02d%03d%05d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
            parts.tm_hour, parts.tm_min, parts.tm_sec, Int(id.milliseconds % 1000), id.tail)
    }
}
