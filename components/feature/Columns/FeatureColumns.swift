import NornKit

/// A table of instances in memory, column after column, its rows in the order of their keys: what fitting works on.
struct FeatureColumns: Sendable {
    let schema: TableSchema
    let ids: [Key]
    let labels: [Double]?
    let weights: [Double]?
    let matchIDs: [String]?
    private let storage: Storage

    private enum Storage: Sendable {
        /// Row-major as it was read, with the order of rows.
        case dense(values: [Double], order: [Int])
        /// For each column its rows and values; other rows are zero.
        case sparse(rows: [[Int32]], values: [[Double]])
    }

    var header: [String] { schema.header }
    var rows: Int { ids.count }
    var count: Int { schema.header.count }

    /// - Throws: `failedPrecondition` when the table holds no instances.
    init(_ table: Table, field: String = "data") async throws {
        guard let schema = table.schema else {
            throw ComponentError(
                .failedPrecondition, field: field, "the table has no schema: put DataTransform before", fault: .user)
        }
        let format = try InstanceFormat(schema)
        var read = Reading(format)
        try await table.forEachBatch { batch in
            for row in 0..<batch.rows { try read.take(batch.key(at: row), batch.valueBytes(at: row)) }
        }
        let order = read.ids.indices.sorted { read.ids[$0] < read.ids[$1] }
        self.schema = schema
        ids = order.map { read.ids[$0] }
        labels = format.hasLabel ? order.map { read.labels[$0] } : nil
        weights = format.hasWeight ? order.map { read.weights[$0] } : nil
        matchIDs = format.hasMatchID ? order.map { read.matchIDs[$0] } : nil
        storage = format.isSparse ? read.sparse(order) : .dense(values: read.values, order: order)
    }

    /// All values of a column, zeros of sparse rows among them.
    func values(_ column: Int) -> [Double] {
        switch storage {
        case .dense(let values, let order):
            let width = count
            return order.map { values[$0 * width + column] }
        case .sparse(let rows, let values):
            var dense = [Double](repeating: 0, count: self.rows)
            for (row, value) in zip(rows[column], values[column]) { dense[Int(row)] = value }
            return dense
        }
    }

    /// Rows as they come, before they are put in order.
    private struct Reading {
        let format: InstanceFormat
        var row: InstanceRow
        var ids: [Key] = []
        var labels: [Double] = []
        var weights: [Double] = []
        var matchIDs: [String] = []
        var values: [Double] = []
        /// Sparse: where each row's entries begin.
        var starts: [Int] = [0]
        var columns: [UInt32] = []

        init(_ format: InstanceFormat) {
            self.format = format
            row = format.emptyRow
        }

        mutating func take(_ key: Key, _ bytes: UnsafeRawBufferPointer) throws {
            try format.read(bytes, into: &row)
            ids.append(key)
            if format.hasLabel { labels.append(row.label) }
            if format.hasWeight { weights.append(row.weight) }
            if format.hasMatchID { matchIDs.append(String(decoding: row.matchID, as: UTF8.self)) }
            values += row.values
            if format.isSparse {
                columns += row.columns
                starts.append(columns.count)
            }
        }

        func sparse(_ order: [Int]) -> Storage {
            var rows = [[Int32]](repeating: [], count: format.columns)
            var kept = [[Double]](repeating: [], count: format.columns)
            for (place, row) in order.enumerated() {
                for entry in starts[row]..<starts[row + 1] {
                    rows[Int(columns[entry])].append(Int32(place))
                    kept[Int(columns[entry])].append(values[entry])
                }
            }
            return .sparse(rows: rows, values: kept)
        }
    }
}

extension [Double] {
    /// Those that are there, in order.
    var withoutMissing: [Double] { filter { !$0.isNaN } }

    /// The value at a share of sorted values: the one at place ceil(share · n), counted from 1, as FATE's exact quantile.
    func quantile(_ share: Double) -> Double {
        guard !isEmpty else { return .nan }
        let place = Int((share * Double(count)).rounded(.up))
        return self[Swift.min(Swift.max(place, 1), count) - 1]
    }
}
