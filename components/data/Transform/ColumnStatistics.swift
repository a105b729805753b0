import NornKit

/// Count, sum, extremes and, where it is asked for, the median of each feature over the values that are there.
struct ColumnStatistics: FoldBody {
    struct Argument: Codable, Sendable {
        let plan: TextPlan
        /// Keeps every value.
        let wantsMedian: Bool
    }

    struct Summary: Codable, Sendable {
        var count = 0
        var sum = 0.0
        var minimum = Double.infinity
        var maximum = -Double.infinity
        var values: [Double] = []

        /// The value at ceil(n / 2) of the sorted ones, as a quantile is taken elsewhere.
        var median: Double { values.isEmpty ? .nan : values.sorted()[(values.count + 1) / 2 - 1] }
    }

    private(set) var columns: [Summary]
    private(set) var rows = 0
    private let argument: Argument

    init(_ argument: Argument) throws {
        self.argument = argument
        columns = Array(repeating: Summary(), count: argument.plan.header.count)
    }

    mutating func step(_ batch: RowBatch) throws {
        var reader = TextLine(argument.plan)
        for row in 0..<batch.rows {
            try reader.read(batch.valueBytes(at: row))
            for (column, number) in reader.values.enumerated() where !number.isNaN {
                columns[column].count += 1
                columns[column].sum += number
                columns[column].minimum = min(columns[column].minimum, number)
                columns[column].maximum = max(columns[column].maximum, number)
                if argument.wantsMedian { columns[column].values.append(number) }
            }
        }
        rows += batch.rows
    }

    mutating func merge(_ other: ColumnStatistics) throws {
        rows += other.rows
        for column in columns.indices {
            columns[column].count += other.columns[column].count
            columns[column].sum += other.columns[column].sum
            columns[column].minimum = min(columns[column].minimum, other.columns[column].minimum)
            columns[column].maximum = max(columns[column].maximum, other.columns[column].maximum)
            columns[column].values += other.columns[column].values
        }
    }
}

/// What sparse text has for features: the highest index, or the tags.
struct SparseHeader: FoldBody {
    private(set) var highest = -1
    private(set) var tags: Set<String> = []
    private let plan: TextPlan

    /// Names of columns of one table.
    static let mostColumns = 1 << 22

    init(_ plan: TextPlan) { self.plan = plan }

    mutating func step(_ batch: RowBatch) throws {
        let line = SparseText(plan)
        for row in 0..<batch.rows {
            try line.forEachFeature(batch.valueBytes(at: row)) { name, _ in
                if plan.format == .tag {
                    tags.insert(String(decoding: name, as: UTF8.self))
                } else {
                    highest = max(highest, try SparseText.index(name))
                }
            }
        }
        try checkSize()
    }

    mutating func merge(_ other: SparseHeader) throws {
        highest = max(highest, other.highest)
        tags.formUnion(other.tags)
        try checkSize()
    }

    private func checkSize() throws {
        guard max(highest + 1, tags.count) <= Self.mostColumns else {
            throw ComponentError.invalid(
                field: "data",
                "the rows name more than \(Self.mostColumns) features, which is more than one table may have")
        }
    }

    /// Indexes from 0, or tags in the order of their bytes.
    var header: [String] {
        plan.format == .tag
            ? tags.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } : (0..<max(0, highest + 1)).map(String.init)
    }
}
