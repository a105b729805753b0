import Glibc
import NornKit

/// A party's columns with mean 0 and deviation 1 over all rows (divided by n, as FATE does).
struct StandardColumns: Sendable {
    let names: [String]
    /// Places in the table.
    let places: [Int]
    let rows: Int
    /// nil for a column that has one value in all rows.
    let columns: [[Double]?]

    /// - Throws: `invalidArgument` for a column with a missing or infinite value.
    init(_ data: FeatureColumns, places: [Int]) throws {
        self.places = places
        names = places.map { data.header[$0] }
        rows = data.rows
        columns = try places.map { place in
            let values = data.values(place)
            guard values.allSatisfy(\.isFinite) else {
                throw ComponentError.invalid(
                    field: data.header[place], "the column has missing or infinite values: fill them before")
            }
            return Self.standardised(values)
        }
    }

    private static func standardised(_ values: [Double]) -> [Double]? {
        guard let first = values.first, values.contains(where: { $0 != first }) else { return nil }
        // Scaled first, so that no square overflows.
        let size = values.reduce(0) { max($0, abs($1)) }
        let scaled = values.map { $0 / size }
        let count = Double(values.count)
        let mean = scaled.reduce(0, +) / count
        let deviation = (scaled.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
        guard deviation > 0 else { return nil }
        return scaled.map { ($0 - mean) / deviation }
    }

    var constant: [Bool] { columns.map { $0 == nil } }

    /// Correlations of all columns with each other, row after row; a constant column has NaN.
    func correlations(checkCancelled: () throws -> Void) throws -> [Double] {
        let count = columns.count
        var result = [Double](repeating: .nan, count: count * count)
        for first in columns.indices {
            try checkCancelled()
            guard let left = columns[first] else { continue }
            result[first * count + first] = 1
            for second in first + 1..<max(count, first + 1) {
                guard let right = columns[second] else { continue }
                let value = Self.clamped(zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } / Double(rows))
                result[first * count + second] = value
                result[second * count + first] = value
            }
        }
        return result
    }

    /// Rounding must not lead out of what a correlation is.
    static func clamped(_ value: Double) -> Double { min(1, max(-1, value)) }
}

/// Variance inflation factors: the diagonal of the inverse of a matrix of correlations.
enum InflationFactors {
    /// Below this share of its variance a column says nothing that others do not say.
    private static let smallestPivot = 1e-10
    /// A column on which a dependent one leans by more than this is itself dependent.
    private static let smallestCoefficient = 1e-6

    /// By Gauss and Jordan in place with the largest pivot first.
    /// - Parameter correlations: row after row
    /// - Returns: a constant column has NaN, one that others say in full has infinity
    static func values(_ correlations: [Double], columns: Int) -> [Double] {
        let alive = (0..<columns).filter { !correlations[$0 * columns + $0].isNaN }
        var matrix = alive.map { row in alive.map { correlations[row * columns + $0] } }
        var isSwept = [Bool](repeating: false, count: alive.count)
        while let pivot = alive.indices.filter({ !isSwept[$0] }).max(by: { matrix[$0][$0] < matrix[$1][$1] }),
            matrix[pivot][pivot] > smallestPivot
        {
            sweep(&matrix, pivot)
            isSwept[pivot] = true
        }
        let dependent = alive.indices.filter { !isSwept[$0] }
        var factors = [Double](repeating: .nan, count: columns)
        for (place, column) in alive.enumerated() {
            // Of a swept column the row of a dependent one holds how much of it that one takes.
            let isSaidByOthers =
                !isSwept[place] || dependent.contains { abs(matrix[$0][place]) > smallestCoefficient }
            factors[column] = isSaidByOthers ? .infinity : matrix[place][place]
        }
        return factors
    }

    private static func sweep(_ matrix: inout [[Double]], _ pivot: Int) {
        let value = matrix[pivot][pivot]
        let row = matrix[pivot].map { $0 / value }
        for other in matrix.indices where other != pivot {
            let factor = matrix[other][pivot]
            guard factor != 0 else { continue }
            for column in row.indices { matrix[other][column] -= factor * row[column] }
            matrix[other][pivot] = -factor / value
        }
        matrix[pivot] = row
        matrix[pivot][pivot] = 1 / value
    }
}
