import NornKit

/// What becomes of one column of the input.
struct ColumnChange: Codable, Sendable {
    enum Kind: String, Codable, Sendable {
        case keep
        /// `numbers` are lower, upper, shift, divisor: (min(max(x, lower), upper) - shift) / divisor
        case scale
        /// a missing value, or one of `numbers` after the first, becomes the first
        case fill
        /// the place of the first of `numbers` that is not below the value gives one of `results`; a missing value the last
        case bins
        /// as many columns as `numbers`: 1 where the value is that number
        case oneHot
    }

    /// The column of the input.
    var source: Int
    var kind: Kind
    var numbers: [Double] = []
    var results: [Double] = []

    var width: Int { kind == .oneHot ? numbers.count : 1 }

    static func keep(_ source: Int) -> ColumnChange { ColumnChange(source: source, kind: .keep) }
}

/// How rows of instances become rows of another table: column by column, and what happens to the weight and the label.
/// A fitted model makes one, so that a table that is predicted goes the same way as the one that was fitted.
struct RowChange: Codable, Sendable {
    struct Weighting: Codable, Sendable {
        /// By label, 1 for others; else `column` of the input, times `factor`.
        var labels: [Double] = []
        var weights: [Double] = []
        var column: Int?
        var factor = 1.0
    }

    var input: TableSchema
    var output: TableSchema
    var columns: [ColumnChange]
    var weighting: Weighting?
    /// From label to label, in pairs; others stay.
    var labelsFrom: [Double] = []
    var labelsTo: [Double] = []
}

/// The kernel's body.
struct ChangedRows: BatchBody {
    private let change: RowChange
    private let input: InstanceFormat
    private let output: InstanceFormat
    private let labels: [Double: Double]
    private let weights: [Double: Double]
    private var row: InstanceRow
    private var values: [Double]
    private var made: [Double] = []

    init(_ change: RowChange, partition: PartitionPlace) throws {
        self.change = change
        input = try InstanceFormat(change.input)
        output = try InstanceFormat(change.output)
        labels = Dictionary(zip(change.labelsFrom, change.labelsTo), uniquingKeysWith: { $1 })
        weights = Dictionary(
            zip(change.weighting?.labels ?? [], change.weighting?.weights ?? []), uniquingKeysWith: { $1 })
        row = input.emptyRow
        values = Array(repeating: 0, count: input.columns)
        made.reserveCapacity(output.columns)
    }

    mutating func step(_ batch: RowBatch, into rows: inout RowOutput) throws {
        for index in 0..<batch.rows {
            try input.read(batch.valueBytes(at: index), into: &row)
            let result = changed()
            try output.bytes(of: result).withUnsafeBytes { try rows.put(key: batch.keyBytes(at: index), value: $0) }
        }
    }

    private mutating func changed() -> InstanceRow {
        if input.isSparse {
            for column in values.indices { values[column] = 0 }
            for (column, value) in zip(row.columns, row.values) { values[Int(column)] = value }
        }
        let source = input.isSparse ? values : row.values
        made.removeAll(keepingCapacity: true)
        for column in change.columns { column.append(source[column.source], to: &made) }
        var result = InstanceRow(
            label: labels[row.label] ?? row.label, weight: weight(source), values: [], matchID: row.matchID)
        guard output.isSparse else {
            result.values = made
            return result
        }
        for (column, value) in made.enumerated() where value != 0 {
            result.columns.append(UInt32(column))
            result.values.append(value)
        }
        return result
    }

    private func weight(_ source: [Double]) -> Double {
        guard let weighting = change.weighting else { return row.weight }
        if let column = weighting.column { return source[column] * weighting.factor }
        return weights[row.label] ?? 1
    }
}

extension ColumnChange {
    fileprivate func append(_ value: Double, to made: inout [Double]) {
        switch kind {
        case .keep: made.append(value)
        case .scale:
            // A missing value stays missing: comparisons with it are false.
            let clipped = value > numbers[1] ? numbers[1] : value < numbers[0] ? numbers[0] : value
            made.append((clipped - numbers[2]) / numbers[3])
        case .fill: made.append(value.isNaN || numbers.dropFirst().contains(value) ? numbers[0] : value)
        case .bins: made.append(results[BinPlace.of(value, in: numbers)])
        case .oneHot: for number in numbers { made.append(value == number ? 1 : 0) }
        }
    }
}

/// FATE's rule of bins: the first split point that is not below the value; above all of them the last bin; a missing
/// value has a bin of its own after the others.
enum BinPlace {
    static func of(_ value: Double, in splitPoints: [Double]) -> Int {
        guard !value.isNaN else { return splitPoints.count }
        var low = 0
        var high = splitPoints.count
        while low < high {
            let middle = (low + high) / 2
            if splitPoints[middle] < value { low = middle + 1 } else { high = middle }
        }
        return min(low, max(0, splitPoints.count - 1))
    }
}
