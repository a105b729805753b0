import Foundation
import Dispatch

/// The two clocks of a site.
public enum Clocks {
    /// Milliseconds that never jump; meaningful within one run of the site.
    public static func monotonicMilliseconds() -> Int64 {
        Int64(DispatchTime.now().uptimeNanoseconds / 1_000_000)
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

    /// A job id in FATE's form: 20 digits of time and chance, and two more.
    public static func job() -> String {
        let now = Date()
        var parts = tm()
        var seconds = time_t(now.timeIntervalSince1970)
        gmtime_r(&seconds, &parts)
        var generator = SystemRandomNumberGenerator()
        let chance = Int.random(in: 0..<100_000, using: &generator)
        let milliseconds = Int(now.timeIntervalSince1970 * 1000) % 1000
        return String(
            format: "%04d%02d%02d%02d%02d%02d%03d%05d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
            parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds, chance)
    }
}
