import NornKit

/// How to read a table's rows of text: what each column is, what counts as missing, what comes out. Travels to kernels.
struct TextPlan: Codable, Sendable {
    /// Texts and the numbers that they become, one for each feature; no numbers: NaN, while they are learned.
    struct Replacing: Codable, Sendable {
        var texts: [String]
        var values: [Double]?
        /// Texts that are numbers count as these.
        var keepsNumbers = false
    }

    var format: TextFormat
    var delimiter: UInt8
    /// Between tag and value; nil for tags without one.
    var tagDelimiter: UInt8?
    /// Features, in the order in which they come out.
    var header: [String]
    /// For each feature, whether its values must be whole numbers.
    var wholeFeatures: [Bool]
    var hasLabel: Bool
    var hasMatchID: Bool
    var wholeLabel: Bool
    /// Dense: the names of all columns of text.
    var columns: [String] = []
    /// Dense: for each feature its column.
    var places: [Int] = []
    /// Dense: the columns of label and match id.
    var labelColumn: Int?
    var matchIDColumn: Int?
    var missing: Replacing
    var outliers: Replacing?
    /// What a feature is that sparse text does not name; NaN: missing.
    var isAbsentMissing = false
    var schema: TableSchema
}

/// The kernel's body: a line of text to a row of instances.
struct TextRows: BatchBody {
    private var line: TextLine
    private let format: InstanceFormat
    private var row: InstanceRow

    init(_ plan: TextPlan, partition: PartitionPlace) throws {
        line = TextLine(plan)
        format = try InstanceFormat(plan.schema)
        row = format.emptyRow
    }

    mutating func step(_ batch: RowBatch, into output: inout RowOutput) throws {
        for index in 0..<batch.rows {
            try line.read(batch.valueBytes(at: index))
            row.label = line.label
            row.matchID = line.matchID
            if format.isSparse {
                row.columns.removeAll(keepingCapacity: true)
                row.values.removeAll(keepingCapacity: true)
                for (column, value) in line.values.enumerated() where value != 0 {
                    row.columns.append(UInt32(column))
                    row.values.append(value)
                }
            } else {
                row.values = line.values
            }
            try format.bytes(of: row).withUnsafeBytes { try output.put(key: batch.keyBytes(at: index), value: $0) }
        }
    }
}

/// Reads one line after the other as label, match id and features.
struct TextLine {
    private let plan: TextPlan
    private let fields: FieldReader
    private let sparse: SparseText
    /// Sparse text: a feature's column by its name.
    private let columns: [[UInt8]: Int]
    /// Dense: for each column of text the feature that it is.
    private let features: [Int?]
    private(set) var label = Double.nan
    private(set) var matchID: [UInt8] = []
    /// NaN: missing.
    private(set) var values: [Double]

    init(_ plan: TextPlan) {
        self.plan = plan
        fields = FieldReader(plan)
        sparse = SparseText(plan)
        columns =
            plan.format == .tag
            ? Dictionary(uniqueKeysWithValues: plan.header.enumerated().map { (Array($1.utf8), $0) }) : [:]
        var features: [Int?] = Array(repeating: nil, count: plan.columns.count)
        for (feature, column) in plan.places.enumerated() { features[column] = feature }
        self.features = features
        values = Array(repeating: 0, count: plan.header.count)
    }

    /// - Throws: `invalidArgument` that names the column, never the value: the error travels to the job's submitter.
    mutating func read(_ line: UnsafeRawBufferPointer) throws {
        try plan.format == .dense ? readDense(line) : readSparse(line)
    }

    private mutating func readDense(_ line: UnsafeRawBufferPointer) throws {
        var column = 0
        var start = 0
        while true {
            let end = line[start...].firstIndex(of: plan.delimiter) ?? line.endIndex
            guard column < plan.columns.count else { throw widthRefusal(more: true) }
            let field = NumberText.trimmed(UnsafeRawBufferPointer(rebasing: line[start..<end]))
            if column == plan.labelColumn { label = try fields.label(field, named: plan.columns[column]) }
            if column == plan.matchIDColumn { matchID = Array(field) }
            if let feature = features[column] { values[feature] = try fields.number(field, feature: feature) }
            column += 1
            guard end < line.endIndex else { break }
            start = end + 1
        }
        // A table without columns has empty rows.
        guard column == plan.columns.count || plan.columns.isEmpty && line.isEmpty else {
            throw widthRefusal(more: false)
        }
    }

    private mutating func readSparse(_ line: UnsafeRawBufferPointer) throws {
        let absent = plan.isAbsentMissing
        for feature in values.indices { values[feature] = absent ? fields.missing(feature: feature) : 0 }
        var lead = sparse.lead(line)
        if plan.hasMatchID { matchID = Array(lead.next() ?? UnsafeRawBufferPointer(start: nil, count: 0)) }
        if plan.hasLabel {
            guard let field = lead.next() else { throw SparseText.refusal("a row has no label") }
            label = try fields.label(field, named: plan.schema.labelName ?? "label")
        }
        try sparse.forEachFeature(line) { name, value in
            // What fitting did not see is unknown to the model.
            let feature = plan.format == .tag ? columns[Array(name)] : try SparseText.index(name)
            guard let feature, feature < values.count else { return }
            values[feature] = try value.map { try fields.number($0, feature: feature) } ?? 1
        }
    }

    private func widthRefusal(more: Bool) -> ComponentError {
        ComponentError(
            .invalidArgument, field: "data",
            "a row has \(more ? "more" : "fewer") than the \(plan.columns.count) columns of the header", fault: .user)
    }
}
