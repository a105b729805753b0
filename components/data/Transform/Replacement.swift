import NornKit

/// Texts that are replaced by a number of their column: missing values, or outliers.
struct Replacement: Codable, Sendable {
    var method: String
    var texts: [String]
    /// By column, as text; learned in fitting.
    var values: [String: String]
    /// How many of the fitted rows were replaced, by column.
    var ratios: [String: Double]

    /// The texts that FATE counts as missing, and how numbers that are none are spelled.
    static let missingTexts = ["", "none", "null", "na", "None", "NULL", "NA", "nan", "NaN", "NAN"]

    init(method: String?, texts: [CBOR]?) {
        self.method = method ?? FillMethod.designated.rawValue
        self.texts = texts.map { $0.flatMap(Self.spellings) } ?? Self.missingTexts
        values = [:]
        ratios = [:]
    }

    /// A number means its usual spellings: 999 is "999" and "999.0".
    private static func spellings(_ value: CBOR) -> [String] {
        if let text = value.text { return [text] }
        guard let number = value.double else { return [] }
        return [String(number)] + (Int64(exactly: number).map { [String($0)] } ?? [])
    }

    var fill: FillMethod { FillMethod(rawValue: method) ?? .designated }

    /// Takes the number of each column. One that has no value to take it of stays as it is, missing, as in FATE, whose
    /// mean of nothing is no number.
    /// - Returns: the columns that have none.
    mutating func learn(
        header: [String], statistics: ColumnStatistics?, rows: Int, designated: Double
    ) -> [String] {
        var empty: [String] = []
        for (column, name) in header.enumerated() {
            let summary = statistics?.columns[column] ?? ColumnStatistics.Summary()
            ratios[name] = rows == 0 ? 0 : Double(rows - summary.count) / Double(rows)
            guard fill == .designated || summary.count > 0 else {
                empty.append(name)
                continue
            }
            let value =
                switch fill {
                case .designated: designated
                case .min: summary.minimum
                case .max: summary.maximum
                case .mean: summary.sum / Double(summary.count)
                case .median: summary.median
                }
            values[name] = String(value)
        }
        return empty
    }
}
