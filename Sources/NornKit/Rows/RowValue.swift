/// A value of a table's row, with its bytes.
///
/// Given: the integers, `Float`, `Double`, their `SIMD` vectors, `String` (UTF-8), `[UInt8]` (as they are), `[Double]`
/// (packed, little endian), `CBOR`, and any `Codable` by `Coded`. A struct of numbers takes one line:
/// `extension Pair: FixedWidthValue {}`.
public protocol RowValue: Sendable {
    /// Bytes of every value, when all have the same count.
    static var fixedByteCount: Int? { get }
    /// Reads a row; throws `ComponentError` when the bytes are no such value.
    init(rowBytes: UnsafeRawBufferPointer) throws
    /// Appends the value's bytes: exactly `fixedByteCount` of them when there is one.
    func write(to buffer: inout RowBuffer) throws
}

extension RowValue {
    @inlinable public static var fixedByteCount: Int? { nil }
}

/// A value whose bytes in memory are its row's bytes: numbers, SIMD vectors, and structs of them without padding.
public protocol FixedWidthValue: RowValue, BitwiseCopyable {}

extension FixedWidthValue {
    @inlinable public static var fixedByteCount: Int? { MemoryLayout<Self>.size }

    @inlinable
    public init(rowBytes: UnsafeRawBufferPointer) throws {
        guard rowBytes.count == MemoryLayout<Self>.size else {
            throw rowMismatch(count: rowBytes.count, wanted: MemoryLayout<Self>.size)
        }
        self = rowBytes.loadUnaligned(as: Self.self)
    }

    @inlinable
    public func write(to buffer: inout RowBuffer) throws { buffer.append(self) }
}

@usableFromInline
func rowMismatch(count: Int, wanted: Int) -> ComponentError {
    ComponentError(
        .invalidArgument, "A row's value has \(count) bytes where \(wanted) are needed: the table holds other values.",
        fault: .user)
}

extension Double: FixedWidthValue {}
extension Float: FixedWidthValue {}
extension Int: FixedWidthValue {}
extension Int8: FixedWidthValue {}
extension Int16: FixedWidthValue {}
extension Int32: FixedWidthValue {}
extension Int64: FixedWidthValue {}
extension UInt: FixedWidthValue {}
extension UInt8: FixedWidthValue {}
extension UInt16: FixedWidthValue {}
extension UInt32: FixedWidthValue {}
extension UInt64: FixedWidthValue {}
/// Vectors of numbers: their storage is their bytes.
extension SIMD where Self: RowValue {
    @inlinable public static var fixedByteCount: Int? { MemoryLayout<Self>.size }

    @inlinable
    public init(rowBytes: UnsafeRawBufferPointer) throws {
        guard rowBytes.count == MemoryLayout<Self>.size else {
            throw rowMismatch(count: rowBytes.count, wanted: MemoryLayout<Self>.size)
        }
        self.init()
        withUnsafeMutableBytes(of: &self) { $0.copyMemory(from: rowBytes) }
    }

    @inlinable
    public func write(to buffer: inout RowBuffer) throws {
        withUnsafeBytes(of: self) { buffer.append(contentsOf: $0) }
    }
}

extension SIMD2: RowValue where Scalar: FixedWidthValue {}
extension SIMD4: RowValue where Scalar: FixedWidthValue {}
extension SIMD8: RowValue where Scalar: FixedWidthValue {}

extension String: RowValue {
    public init(rowBytes: UnsafeRawBufferPointer) throws {
        guard let text = String(validating: rowBytes, as: UTF8.self) else {
            throw ComponentError(.invalidArgument, "A row's value is no UTF-8 text.", fault: .user)
        }
        self = text
    }

    public func write(to buffer: inout RowBuffer) throws {
        var copy = self
        copy.withUTF8 { buffer.append(contentsOf: UnsafeRawBufferPointer($0)) }
    }
}

/// Bytes as they are (`[UInt8]`), or packed fixed-width values (`[Double]`).
extension Array: RowValue where Element: FixedWidthValue {
    @inlinable
    public init(rowBytes: UnsafeRawBufferPointer) throws {
        let (count, rest) = rowBytes.count.quotientAndRemainder(dividingBy: MemoryLayout<Element>.stride)
        guard rest == 0 else {
            throw rowMismatch(count: rowBytes.count, wanted: (count + 1) * MemoryLayout<Element>.stride)
        }
        self = Array(unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: rowBytes)
            initialized = count
        }
    }

    @inlinable
    public func write(to buffer: inout RowBuffer) throws {
        withUnsafeBytes { buffer.append(contentsOf: $0) }
    }
}

extension CBOR: RowValue {
    public init(rowBytes: UnsafeRawBufferPointer) throws { self = try CBOR(decoding: rowBytes) }

    public func write(to buffer: inout RowBuffer) throws {
        encoded().withUnsafeBytes { buffer.append(contentsOf: $0) }
    }
}

/// Any `Codable` as a row's value, in CBOR.
public struct Coded<Value: Codable & Sendable>: RowValue {
    public var value: Value

    public init(_ value: Value) { self.value = value }

    public init(rowBytes: UnsafeRawBufferPointer) throws {
        value = try CBORDecoder().decode(Value.self, from: CBOR(decoding: rowBytes))
    }

    public func write(to buffer: inout RowBuffer) throws {
        try CBOREncoder().encode(value).withUnsafeBytes { buffer.append(contentsOf: $0) }
    }
}
