import NornKit

/// Count, sum and extremes of each feature over the values that are not missing.
struct ColumnStatistics: FoldBody {
    struct Summary: Codable, Sendable {
        var count = 0
        var sum = 0.0
        var minimum = Double.infinity
        var maximum = -Double.infinity
    }

    private(set) var columns: [Summary]
    private let plan: DenseRows.Argument

    init(_ argument: DenseRows.Argument) throws {
        plan = argument
        columns = Array(repeating: Summary(), count: argument.features.count)
    }

    mutating func step(_ batch: RowBatch) throws {
        let line = DenseLine(plan)
        var numbers = Array(repeating: 0.0, count: line.width)
        for row in 0..<batch.rows {
            try line.read(batch.valueBytes(at: row), into: &numbers)
            for column in columns.indices {
                let number = numbers[column + line.leading]
                guard !number.isNaN else { continue }
                columns[column].count += 1
                columns[column].sum += number
                columns[column].minimum = min(columns[column].minimum, number)
                columns[column].maximum = max(columns[column].maximum, number)
            }
        }
    }

    mutating func merge(_ other: ColumnStatistics) throws {
        for column in columns.indices {
            columns[column].count += other.columns[column].count
            columns[column].sum += other.columns[column].sum
            columns[column].minimum = min(columns[column].minimum, other.columns[column].minimum)
            columns[column].maximum = max(columns[column].maximum, other.columns[column].maximum)
        }
    }
}
