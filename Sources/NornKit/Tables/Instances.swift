/// Rows of a `float64` table: ids and a matrix, in one stable order (ascending key bytes over all partitions).
public struct Instances: Sendable {
    public var ids: [Key]
    /// names of the columns of `features`; label and weight are not among them
    public var header: [String]
    /// row-major, `ids.count` × `header.count`
    public var features: [Double]
    public var labels: [Double]?
    public var weights: [Double]?

    public var rows: Int { ids.count }
    public var columns: Int { header.count }

    public init(
        ids: [Key], header: [String], features: [Double], labels: [Double]? = nil, weights: [Double]? = nil
    ) {
        self.ids = ids
        self.header = header
        self.features = features
        self.labels = labels
        self.weights = weights
    }

    func check() throws {
        let isWhole =
            features.count == rows * columns && (labels?.count ?? rows) == rows && (weights?.count ?? rows) == rows
        guard isWhole else {
            throw ComponentError(
                .invalidArgument,
                "\(rows) ids and \(columns) columns do not go with \(features.count) features, "
                    + "\(labels?.count ?? 0) labels and \(weights?.count ?? 0) weights.")
        }
    }

    /// A row as it is stored: label if there is one, weight if there is one, features.
    func rowValue(_ row: Int) -> [Double] {
        var value: [Double] = []
        value.reserveCapacity(columns + 2)
        if let labels { value.append(labels[row]) }
        if let weights { value.append(weights[row]) }
        value += features[row * columns..<(row + 1) * columns]
        return value
    }
}

extension Table {
    /// The rows of a `float64` table in memory: the same order at every read, whatever the partitions.
    public func instances() async throws -> Instances {
        guard let schema, schema.layout == .float64 else {
            throw ComponentError(
                .failedPrecondition,
                "This table holds \(schema?.layout.rawValue ?? "unnamed") rows, not instances: put DataTransform before.",
                fault: .user)
        }
        let lead = (schema.labelName == nil ? 0 : 1) + (schema.weight ? 1 : 0)
        let width = lead + schema.header.count
        var ids: [Key] = []
        var scanned: [Double] = []
        ids.reserveCapacity(count)
        scanned.reserveCapacity(count * width)
        try await forEachBatch { batch in
            for row in 0..<batch.rows {
                let bytes = batch.valueBytes(at: row)
                guard bytes.count == width * 8 else { throw rowMismatch(count: bytes.count, wanted: width * 8) }
                ids.append(batch.key(at: row))
                for column in 0..<width {
                    scanned.append(bytes.loadUnaligned(fromByteOffset: column * 8, as: Double.self))
                }
            }
        }
        return ordered(ids, scanned, schema: schema, lead: lead, width: width)
    }

    private func ordered(
        _ ids: [Key], _ scanned: [Double], schema: TableSchema, lead: Int, width: Int
    ) -> Instances {
        let order = ids.indices.sorted { ids[$0] < ids[$1] }
        var instances = Instances(
            ids: order.map { ids[$0] }, header: schema.header, features: [],
            labels: schema.labelName == nil ? nil : order.map { scanned[$0 * width] },
            weights: schema.weight ? order.map { scanned[$0 * width + lead - 1] } : nil)
        instances.features.reserveCapacity(order.count * schema.header.count)
        for row in order { instances.features += scanned[row * width + lead..<(row + 1) * width] }
        return instances
    }
}
