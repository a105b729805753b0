/// A value of a table's row, with its bytes.
///
/// Given: the integers, `Float`, `Double`, their `SIMD` vectors, `String` (UTF-8), `[UInt8]` (as they are), `[Double]` (little
/// endian, packed), `CBOR`, and any `Codable` by `Coded`. A struct of numbers takes one line: `extension Pair: FixedWidthValue {}`.
public protocol RowValue: Sendable {
    /// Bytes of every value, when all have the same count: kernels then write straight into the output's buffer.
    static var fixedByteCount: Int? { get }
    /// Reads a row; throws `ComponentError` when the bytes are no such value.
    init(rowBytes: UnsafeRawBufferPointer) throws
    /// Appends the value's bytes: exactly `fixedByteCount` of them when there is one.
    func write(to buffer: inout RowBuffer) throws
}

/// A value whose bytes in memory are its row's bytes: numbers, SIMD vectors and structs of them without padding.
public protocol FixedWidthValue: RowValue, BitwiseCopyable {}

/// Any `Codable` as a row's value, in CBOR.
public struct Coded<Value: Codable & Sendable>: RowValue {
    public var value: Value
    public init(_ value: Value) { self.value = value }
}
extension Coded {
    public static var fixedByteCount: Int? { nil }
    public init(rowBytes: UnsafeRawBufferPointer) throws { fatalError() }
    public func write(to buffer: inout RowBuffer) throws { fatalError() }
}
extension FixedWidthValue {
    public static var fixedByteCount: Int? { MemoryLayout<Self>.size }
    public init(rowBytes: UnsafeRawBufferPointer) throws { fatalError() }
    public func write(to buffer: inout RowBuffer) throws { fatalError() }
}
extension Double: FixedWidthValue {}
extension Int64: FixedWidthValue {}
extension UInt64: FixedWidthValue {}
extension Int: FixedWidthValue {}
extension String: RowValue {
    public static var fixedByteCount: Int? { nil }
    public init(rowBytes: UnsafeRawBufferPointer) throws { fatalError() }
    public func write(to buffer: inout RowBuffer) throws { fatalError() }
}
extension CBOR: RowValue {
    public static var fixedByteCount: Int? { nil }
    public init(rowBytes: UnsafeRawBufferPointer) throws { fatalError() }
    public func write(to buffer: inout RowBuffer) throws { fatalError() }
}
/// Bytes as they are (`[UInt8]`), or packed fixed-width values (`[Double]`).
extension Array: RowValue where Element: FixedWidthValue {
    public static var fixedByteCount: Int? { nil }
    public init(rowBytes: UnsafeRawBufferPointer) throws { fatalError() }
    public func write(to buffer: inout RowBuffer) throws { fatalError() }
}
extension UInt8: FixedWidthValue {}
