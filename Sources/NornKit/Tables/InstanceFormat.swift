/// How a row of instances lies in a value's bytes, by its table's schema.
///
/// `float64`: the label if there is one, the weight if there is one, then every feature, all little-endian doubles.
/// `sparse`: label and weight likewise, then a 32-bit count, that many 32-bit columns in ascending order and that many
/// doubles; what is not named is zero. Where the schema has a match id its UTF-8 bytes end the row.
public struct InstanceFormat: Sendable {
    public let isSparse: Bool
    /// Features of a row, whether they are written or not.
    public let columns: Int
    public let hasLabel: Bool
    public let hasWeight: Bool
    public let hasMatchID: Bool

    /// - Throws: `failedPrecondition` for a table that does not hold instances.
    public init(_ schema: TableSchema) throws {
        guard schema.layout == .float64 || schema.layout == .sparse else {
            throw ComponentError(
                .failedPrecondition,
                "This table holds \(schema.layout.rawValue) rows, not instances: put DataTransform before.",
                fault: .user)
        }
        isSparse = schema.layout == .sparse
        columns = schema.header.count
        hasLabel = schema.labelName != nil
        hasWeight = schema.weight
        hasMatchID = schema.matchIDName != nil
    }

    /// Doubles before the features.
    @inlinable public var lead: Int { (hasLabel ? 1 : 0) + (hasWeight ? 1 : 0) }

    /// An empty row of this format, to read into again and again.
    public var emptyRow: InstanceRow {
        InstanceRow(values: isSparse ? [] : [Double](repeating: 0, count: columns))
    }

    /// Reads a row over what `row` held.
    public func read(_ bytes: UnsafeRawBufferPointer, into row: inout InstanceRow) throws {
        guard bytes.count >= lead * 8 else { throw rowMismatch(count: bytes.count, wanted: lead * 8) }
        if hasLabel { row.label = bytes.loadUnaligned(as: Double.self) }
        if hasWeight { row.weight = bytes.loadUnaligned(fromByteOffset: (lead - 1) * 8, as: Double.self) }
        let features = UnsafeRawBufferPointer(rebasing: bytes[(lead * 8)...])
        let end = try isSparse ? readSparse(features, into: &row) : readDense(features, into: &row)
        guard hasMatchID || end == features.count else {
            throw rowMismatch(count: bytes.count, wanted: lead * 8 + end)
        }
        if hasMatchID { row.matchID = Array(features[end...]) }
    }

    private func readDense(_ bytes: UnsafeRawBufferPointer, into row: inout InstanceRow) throws -> Int {
        guard bytes.count >= columns * 8 else { throw rowMismatch(count: bytes.count, wanted: columns * 8) }
        if row.values.count != columns { row.values = [Double](repeating: 0, count: columns) }
        row.values.withUnsafeMutableBytes {
            $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<(columns * 8)]))
        }
        return columns * 8
    }

    private func readSparse(_ bytes: UnsafeRawBufferPointer, into row: inout InstanceRow) throws -> Int {
        guard bytes.count >= 4 else { throw rowMismatch(count: bytes.count, wanted: 4) }
        let count = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
        let end = 4 + count * 12
        guard bytes.count >= end else { throw rowMismatch(count: bytes.count, wanted: end) }
        row.columns.removeAll(keepingCapacity: true)
        row.values.removeAll(keepingCapacity: true)
        var last = -1
        for entry in 0..<count {
            let column = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 + entry * 4, as: UInt32.self))
            guard Int(column) > last, column < columns else {
                throw ComponentError(.dataLoss, "A sparse row names column \(column) of \(columns).", fault: .host)
            }
            last = Int(column)
            row.columns.append(column)
            row.values.append(bytes.loadUnaligned(fromByteOffset: 4 + count * 4 + entry * 8, as: Double.self))
        }
        return end
    }

    /// The bytes of a row; what the format has no place for is left out.
    public func bytes(of row: InstanceRow) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity((lead + row.values.count) * 8 + row.columns.count * 4 + 4 + row.matchID.count)
        if hasLabel { append(row.label, to: &bytes) }
        if hasWeight { append(row.weight, to: &bytes) }
        if isSparse {
            append(UInt32(row.columns.count).littleEndian, to: &bytes)
            row.columns.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        row.values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        if hasMatchID { bytes += row.matchID }
        return bytes
    }

    private func append<Value: BitwiseCopyable>(_ value: Value, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }
}

/// One row of instances, dense or sparse.
public struct InstanceRow: Sendable, Equatable {
    public var label = Double.nan
    public var weight = 1.0
    /// Dense: every feature in the header's order; sparse: those that are written.
    public var values: [Double]
    /// Sparse: the columns of `values`, ascending; dense: empty.
    public var columns: [UInt32]
    /// UTF-8; empty without one.
    public var matchID: [UInt8]

    public init(
        label: Double = .nan, weight: Double = 1, values: [Double], columns: [UInt32] = [], matchID: [UInt8] = []
    ) {
        self.label = label
        self.weight = weight
        self.values = values
        self.columns = columns
        self.matchID = matchID
    }
}
