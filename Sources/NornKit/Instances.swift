/// Rows of a `float64` table: ids and a matrix, in one stable order (ascending key bytes).
public struct Instances: Sendable {
    public var ids: [Key]
    /// names of the columns of `features`, label and weight not among them
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
}
