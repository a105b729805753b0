import Foundation

/// One figure of a benchmark, over several runs on one machine.
struct Measurement: Codable {
    let name: String
    let unit: String
    let runs: Int
    let min: Double
    let median: Double
    let max: Double

    init(_ name: String, unit: String, values: [Double]) {
        let sorted = values.sorted()
        self.name = name
        self.unit = unit
        runs = sorted.count
        min = sorted.first ?? .nan
        max = sorted.last ?? .nan
        let middle = sorted.count / 2
        median =
            sorted.isEmpty
            ? .nan : sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// A row of the printed table.
    var line: String {
        let figures = [min, median, max].map { Self.padded(Self.text($0), to: 14) }.joined()
        return name.padding(toLength: 62, withPad: " ", startingAt: 0)
            + unit.padding(toLength: 10, withPad: " ", startingAt: 0) + figures + Self.padded(String(runs), to: 6)
    }

    static var heading: String {
        "benchmark".padding(toLength: 62, withPad: " ", startingAt: 0)
            + "unit".padding(toLength: 10, withPad: " ", startingAt: 0)
            + ["min", "median", "max"].map { padded($0, to: 14) }.joined() + padded("runs", to: 6)
    }

    private static func text(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        return abs(value) >= 1000 ? String(Int(value.rounded())) : String(format: "%.3f", value)
    }

    private static func padded(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: Swift.max(0, width - text.count)) + text
    }
}

/// What a benchmark could not do.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
