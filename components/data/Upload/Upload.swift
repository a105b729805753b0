import NornKit

/// Writes a text file, a row a line, as a table: the key is the first column, the value the rest of the line.
struct Upload: Component {
    struct Parameters: ComponentParameters {
        /// The file's name, for people; its content is the task's input `file`.
        var file = ""
        /// 1: the first line names the columns; 0: there is no such line.
        var head = 1
        var idDelimiter = ","
        var partition = 10
        var namespace = ""
        var name = ""
        var storageEngine: String? = nil
        /// The site's affair: whether a table of this name gives way.
        var destroy = false
        /// Makes an id for each line instead of taking the first column.
        var extendSID = false
        /// With `extendSID`: 0, 1, 2, … instead of a random prefix and the line's number.
        var autoIncreasingSID = false
        /// Whether `meta` is kept with the table.
        var withMeta = false
        /// How the text is to be read as numbers: parameters of DataTransform.
        var meta: CBOR? = nil
        /// Puts the lines over the rows of the table `data`: of each id the line stays.
        var merge = false

        enum CodingKeys: String, CodingKey {
            case file, head, partition, namespace, name, destroy, meta, merge
            case withMeta = "with_meta"
            case idDelimiter = "id_delimiter"
            case storageEngine = "storage_engine"
            case extendSID = "extend_sid"
            case autoIncreasingSID = "auto_increasing_sid"
        }

        func validate() throws {
            guard head == 0 || head == 1 else { throw ComponentError.invalid(field: "head", "is \(head), not 0 or 1") }
            guard idDelimiter.utf8.count == 1 else {
                throw ComponentError.invalid(field: "id_delimiter", "must be one byte long")
            }
            guard Self.partitionLimits.contains(partition) else {
                throw ComponentError.invalid(
                    field: "partition", "is \(partition), not between 1 and \(Self.partitionLimits.upperBound)")
            }
            guard extendSID || !autoIncreasingSID else {
                throw ComponentError.invalid(field: "auto_increasing_sid", "has no meaning without extend_sid")
            }
            guard !merge || !extendSID else {
                throw ComponentError.invalid(field: "merge", "needs ids of the file: extend_sid makes new ones")
            }
        }

        static let partitionLimits = 1...1023
    }

    static let descriptor = ComponentDescriptor(
        name: "Upload", roles: [.local, .guest, .host],
        inputs: [.file("file"), .table("data")], outputs: [.table("data")])

    func run(_ context: TaskContext<Parameters>) async throws {
        let parameters = context.parameters
        var rows = try UploadedRows(parameters, prefix: Self.randomPrefix(context))
        let writer = try context.tables.writer(partitions: parameters.partition)
        let base = parameters.merge ? try await context.inputs.table("data") : nil
        if let base { try await Self.copy(base, to: writer, context) }
        var lines = LineReader()
        try await context.inputs.forEachPiece("file") { piece in
            try lines.read(piece) { try rows.put($0, number: $1, into: writer) }
            try context.checkCancelled()
        }
        try lines.finish { try rows.put($0, number: $1, into: writer) }
        var schema = try rows.schema()
        if let base { schema = try Self.merged(schema, base.schema) }
        if parameters.withMeta { schema.meta = parameters.meta }
        let table = try await writer.seal(schema: schema)

        if rows.hasDataForHeader {
            context.log.warning(
                "[WARN] the first line was taken for names, as head says, but holds data: it is no row of the table")
        }
        let repeated = rows.count + (base?.count ?? 0) - table.count
        if repeated > 0, base == nil {
            context.log.warning(
                "[WARN] \(repeated) lines repeat an id that came before; of each id the last line stays")
        }
        try context.tracking.series(
            "data_access", namespace: "upload", type: "UPLOAD",
            points: [(.text("count"), .int(Int64(table.count))), (.text("repeated"), .int(Int64(repeated)))])
        var summary: [String: CBOR] = ["count": .int(Int64(table.count)), "repeated": .int(Int64(repeated))]
        if let base { summary["added"] = .int(Int64(table.count - base.count)) }
        try context.tracking.summary(summary)
        try await context.outputs.table(table, as: "data", schema: schema)
    }

    private static func copy(_ base: Table, to writer: TableWriter, _ context: TaskContext<Parameters>) async throws {
        try await base.forEachBatch { batch in
            for row in 0..<batch.rows { try writer.put(batch.key(at: row), bytes: batch.valueBytes(at: row)) }
            try context.checkCancelled()
        }
    }

    /// Rows of one table have the same columns.
    private static func merged(_ schema: TableSchema, _ base: TableSchema?) throws -> TableSchema {
        guard let base, base.layout == .text, base.header == schema.header, base.delimiter == schema.delimiter,
            base.idName == schema.idName
        else {
            throw ComponentError.invalid(
                field: "merge", "the file has not the columns, the id's name and the delimiter of the table")
        }
        return base
    }

    private static func randomPrefix(_ context: TaskContext<Parameters>) throws -> String {
        guard context.parameters.extendSID, !context.parameters.autoIncreasingSID else { return "" }
        let digits = Array("0123456789abcdef")
        return String(try context.randomBytes(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
