import Foundation

/// One figure of a benchmark, over several runs on one machine.
struct Measurement: Encodable {
    let name: String
    let unit: String
    let runs: Int
    let min: Double
    let median: Double
    let max: Double
    let target: Target?

    init(_ name: String, unit: String, values: [Double], target: Target? = nil) {
        let sorted = values.sorted()
        self.name = name
        self.unit = unit
        self.target = target
        runs = sorted.count
        min = sorted.first ?? .nan
        max = sorted.last ?? .nan
        let middle = sorted.count / 2
        median =
            sorted.isEmpty
            ? .nan : sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// Of the median; nil without a target.
    var isReached: Bool? { target?.isReached(by: median) }

    private enum CodingKeys: String, CodingKey { case name, unit, runs, min, median, max, target, reached }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(unit, forKey: .unit)
        try container.encode(runs, forKey: .runs)
        try container.encode(min, forKey: .min)
        try container.encode(median, forKey: .median)
        try container.encode(max, forKey: .max)
        try container.encodeIfPresent(target?.description, forKey: .target)
        try container.encodeIfPresent(isReached, forKey: .reached)
    }

    // MARK: As a row of the printed table

    private static let nameWidth = 86
    private static let unitWidth = 8
    private static let figureWidth = 12

    var line: String {
        let figures = [Self.text(min), Self.text(median), Self.text(max)]
        let ends = [target?.description ?? "", isReached.map { $0 ? "yes" : "no" } ?? "", String(runs)]
        return Self.row(name, unit, figures + ends)
    }

    static var heading: String { row("benchmark", "unit", ["min", "median", "max", "target", "reached", "runs"]) }

    private static func row(_ name: String, _ unit: String, _ cells: [String]) -> String {
        name.padding(toLength: nameWidth, withPad: " ", startingAt: 0)
            + unit.padding(toLength: unitWidth, withPad: " ", startingAt: 0)
            + cells.map { String(repeating: " ", count: Swift.max(1, figureWidth - $0.count)) + $0 }.joined()
    }

    static func text(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        if value == value.rounded() || abs(value) >= 1000 { return String(Int(value.rounded())) }
        return String(format: "%.3f", value)
    }
}

/// What a benchmark could not do.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
