/// Rows of a table of instances: ids and a matrix, in one stable order (ascending key bytes over all partitions).
public struct Instances: Sendable {
    public var ids: [Key]
    /// names of the columns of `features`; label and weight are not among them
    public var header: [String]
    /// row-major, `ids.count` × `header.count`
    public var features: [Double]
    public var labels: [Double]?
    public var weights: [Double]?
    /// One a row where the table has a match id.
    public var matchIDs: [String]?

    public var rows: Int { ids.count }
    public var columns: Int { header.count }

    public init(
        ids: [Key], header: [String], features: [Double], labels: [Double]? = nil, weights: [Double]? = nil,
        matchIDs: [String]? = nil
    ) {
        self.ids = ids
        self.header = header
        self.features = features
        self.labels = labels
        self.weights = weights
        self.matchIDs = matchIDs
    }

    func check() throws {
        let isWhole =
            features.count == rows * columns && (labels?.count ?? rows) == rows && (weights?.count ?? rows) == rows
            && (matchIDs?.count ?? rows) == rows
        guard isWhole else {
            throw ComponentError(
                .invalidArgument,
                "\(rows) ids and \(columns) columns do not go with \(features.count) features, "
                    + "\(labels?.count ?? 0) labels and \(weights?.count ?? 0) weights.")
        }
    }

    /// A row as it is stored; a sparse one without its zeros.
    func row(_ row: Int, isSparse: Bool) -> InstanceRow {
        let values = features[row * columns..<(row + 1) * columns]
        var result = InstanceRow(
            label: labels?[row] ?? .nan, weight: weights?[row] ?? 1, values: [],
            matchID: Array((matchIDs?[row] ?? "").utf8))
        guard isSparse else {
            result.values = Array(values)
            return result
        }
        for (column, value) in values.enumerated() where value != 0 {
            result.columns.append(UInt32(column))
            result.values.append(value)
        }
        return result
    }
}

extension Table {
    /// The rows of a table of instances in memory: the same order at every read, whatever the partitions. Sparse rows
    /// come with their zeros.
    public func instances() async throws -> Instances {
        guard let schema else {
            throw ComponentError(
                .failedPrecondition, "This table has no schema: put DataTransform before.", fault: .user)
        }
        let format = try InstanceFormat(schema)
        var gathered = GatheredRows(format, rows: count)
        try await forEachBatch { batch in
            for row in 0..<batch.rows { try gathered.take(batch.key(at: row), batch.valueBytes(at: row)) }
        }
        return gathered.ordered(header: schema.header)
    }
}

/// Rows as they were scanned, to be put in order.
private struct GatheredRows {
    private let format: InstanceFormat
    private var row: InstanceRow
    private var ids: [Key] = []
    private var labels: [Double] = []
    private var weights: [Double] = []
    private var matchIDs: [String] = []
    private var features: [Double] = []

    init(_ format: InstanceFormat, rows: Int) {
        self.format = format
        row = format.emptyRow
        ids.reserveCapacity(rows)
        features.reserveCapacity(rows * format.columns)
    }

    mutating func take(_ key: Key, _ bytes: UnsafeRawBufferPointer) throws {
        try format.read(bytes, into: &row)
        ids.append(key)
        if format.hasLabel { labels.append(row.label) }
        if format.hasWeight { weights.append(row.weight) }
        if format.hasMatchID { matchIDs.append(String(decoding: row.matchID, as: UTF8.self)) }
        guard format.isSparse else { return features += row.values }
        let start = features.count
        features += repeatElement(0, count: format.columns)
        for (column, value) in zip(row.columns, row.values) { features[start + Int(column)] = value }
    }

    func ordered(header: [String]) -> Instances {
        let order = ids.indices.sorted { ids[$0] < ids[$1] }
        var instances = Instances(
            ids: order.map { ids[$0] }, header: header, features: [],
            labels: format.hasLabel ? order.map { labels[$0] } : nil,
            weights: format.hasWeight ? order.map { weights[$0] } : nil,
            matchIDs: format.hasMatchID ? order.map { matchIDs[$0] } : nil)
        instances.features.reserveCapacity(features.count)
        for row in order { instances.features += features[row * format.columns..<(row + 1) * format.columns] }
        return instances
    }
}
