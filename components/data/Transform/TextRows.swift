import NornKit

/// The kernel's body: a line of text to packed doubles, label first.
struct DenseRows: BatchBody {
    struct Argument: Codable, Sendable {
        let delimiter: UInt8
        /// Columns of a row of text.
        let columns: Int
        let header: [String]
        /// For each feature, its column.
        let features: [Int]
        /// For each feature, whether its values must be whole numbers.
        let wholeFeatures: [Bool]
        /// The label's column.
        let label: Int?
        let wholeLabel: Bool
        /// Texts that count as missing; nil: a missing value is an error.
        let missing: [String]?
        /// What a missing value becomes, for each feature; nil: NaN, while statistics are taken.
        let fills: [Double]?
    }

    private let reader: DenseLine
    private var numbers: [Double]

    init(_ argument: Argument, partition: PartitionPlace) throws {
        reader = DenseLine(argument)
        numbers = Array(repeating: 0, count: reader.width)
    }

    mutating func step(_ batch: RowBatch, into output: inout RowOutput) throws {
        for row in 0..<batch.rows {
            try reader.read(batch.valueBytes(at: row), into: &numbers)
            try numbers.withUnsafeBytes { try output.put(key: batch.keyBytes(at: row), value: $0) }
        }
    }
}

/// Reads one line of text as numbers: the label if there is one, then the features.
struct DenseLine: Sendable {
    private let plan: DenseRows.Argument
    private let missing: Set<[UInt8]>?
    /// For each column, where its number goes; nil for one that is left out.
    private let places: [Int?]

    /// Numbers that a line gives.
    let width: Int
    /// 1 when the first number is the label.
    let leading: Int

    init(_ plan: DenseRows.Argument) {
        self.plan = plan
        missing = plan.missing.map { Set($0.map { Array($0.utf8) }) }
        leading = plan.label == nil ? 0 : 1
        width = plan.features.count + leading
        var places: [Int?] = Array(repeating: nil, count: plan.columns)
        for (feature, column) in plan.features.enumerated() { places[column] = feature + leading }
        if let label = plan.label { places[label] = 0 }
        self.places = places
    }

    /// - Throws: `invalidArgument` that names the column, never the value: the error travels to the job's submitter.
    func read(_ line: UnsafeRawBufferPointer, into numbers: inout [Double]) throws {
        var column = 0
        var start = 0
        while true {
            let end = line[start...].firstIndex(of: plan.delimiter) ?? line.endIndex
            guard column < plan.columns else { throw widthRefusal(more: true) }
            if let place = places[column] {
                let field = NumberText.trimmed(UnsafeRawBufferPointer(rebasing: line[start..<end]))
                numbers[place] = try number(field, column: column, place: place)
            }
            column += 1
            guard end < line.endIndex else { break }
            start = end + 1
        }
        guard column == plan.columns else { throw widthRefusal(more: false) }
    }

    private func number(_ field: UnsafeRawBufferPointer, column: Int, place: Int) throws -> Double {
        let isLabel = place < leading
        if let missing, !isLabel, missing.contains(Array(field)) {
            return plan.fills?[place - leading] ?? .nan
        }
        guard let number = NumberText.double(field), number.isFinite else {
            throw ComponentError(
                .invalidArgument, field: plan.header[column],
                "\(isLabel ? "the label column" : "column") \"\(plan.header[column])\" holds a value that is not a number"
                    + (field.isEmpty ? ": it is empty (missing_fill fills such values)" : ""), fault: .user)
        }
        let mustBeWhole = isLabel ? plan.wholeLabel : plan.wholeFeatures[place - leading]
        guard !mustBeWhole || number == number.rounded() else {
            throw ComponentError(
                .invalidArgument, field: plan.header[column],
                "column \"\(plan.header[column])\" holds a value that is not a whole number, as its type asks",
                fault: .user)
        }
        return number
    }

    private func widthRefusal(more: Bool) -> ComponentError {
        ComponentError(
            .invalidArgument, field: "data",
            "a row has \(more ? "more" : "fewer") than the \(plan.columns) columns of the header", fault: .user)
    }
}
