/// Wall times as FATE-Flow writes them: milliseconds since 1970, and the same as text in UTC.
public enum V1Time {
    private static let dayMilliseconds: Int64 = 86_400_000

    /// `2026-11-27 12:00:00`.
    public static func text(_ milliseconds: Int64) -> String {
        let (date, time) = parts(milliseconds)
        return "\(date) \(time)"
    }

    /// `2026-11-27 12:00:00,042`, as log lines have it.
    public static func preciseText(_ milliseconds: Int64) -> String {
        let rest = Int(((milliseconds % 1000) + 1000) % 1000)
        return "\(text(milliseconds)),\(padded(rest, 3))"
    }

    private static func parts(_ milliseconds: Int64) -> (date: String, time: String) {
        let days = Int((Double(milliseconds) / Double(dayMilliseconds)).rounded(.down))
        let seconds = Int(milliseconds - Int64(days) * dayMilliseconds) / 1000
        let (year, month, day) = civil(days)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let time = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        return (date, time)
    }

    /// The Gregorian date of a day counted from 1970-01-01, by eras of 400 years that begin in March: Howard Hinnant,
    /// "chrono-Compatible Low-Level Date Algorithms".
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(width - text.count, 0)) + text
    }
}
