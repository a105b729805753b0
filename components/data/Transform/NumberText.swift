/// Decimal text to doubles, exactly rounded, without locale.
enum NumberText {
    /// Powers of ten that a double holds exactly.
    private static let exactPowers: [Double] = (0...22).map { power in
        (0..<power).reduce(1.0) { value, _ in value * 10 }
    }
    /// Integers up to this are exact doubles.
    private static let exactMantissa: UInt64 = 1 << 53

    static func trimmed(_ field: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var low = field.startIndex
        var high = field.endIndex
        while low < high, field[low] == UInt8(ascii: " ") || field[low] == UInt8(ascii: "\t") { low += 1 }
        while high > low, field[high - 1] == UInt8(ascii: " ") || field[high - 1] == UInt8(ascii: "\t") { high -= 1 }
        return UnsafeRawBufferPointer(rebasing: field[low..<high])
    }

    /// Nil when the field is not one decimal number. A mantissa and a power of ten that are both exact doubles give the
    /// nearest double with one division (Clinger 1990, the fast path); the rest is the standard library's.
    static func double(_ field: UnsafeRawBufferPointer) -> Double? {
        var index = 0
        let negative = field.first == UInt8(ascii: "-")
        if negative || field.first == UInt8(ascii: "+") { index = 1 }
        var mantissa: UInt64 = 0
        var digits = 0
        var decimals = 0
        var seenPoint = false
        while index < field.count {
            let byte = field[index]
            if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                mantissa = mantissa &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
                digits += 1
                if seenPoint { decimals += 1 }
            } else if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else {
                return slow(field)
            }
            index += 1
        }
        guard digits > 0 else { return nil }
        guard digits <= 18, mantissa <= exactMantissa, decimals <= 22 else { return slow(field) }
        let value = Double(mantissa) / exactPowers[decimals]
        return negative ? -value : value
    }

    private static func slow(_ field: UnsafeRawBufferPointer) -> Double? {
        guard let text = String(validating: field, as: UTF8.self), !text.hasPrefix("0x"), !text.hasPrefix("-0x") else {
            return nil
        }
        return Double(text)
    }
}
