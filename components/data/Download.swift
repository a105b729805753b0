import NornKit

/// Writes a table as delimited text with a header line: the way back from `Upload`.
struct Download: Component {
    struct Parameters: ComponentParameters {
        var delimiter = ","
        var namespace = ""
        var name = ""
        /// The file's name, for people.
        var outputPath = ""

        enum CodingKeys: String, CodingKey {
            case delimiter, namespace, name
            case outputPath = "output_path"
        }

        func validate() throws {
            guard delimiter.utf8.count == 1 else {
                throw ComponentError.invalid(field: "delimiter", "must be one byte long")
            }
        }
    }

    static let descriptor = ComponentDescriptor(
        name: "Download", roles: [.local, .guest, .host],
        inputs: [.table("data")], outputs: [.file("file")])

    /// Text gathered before it is handed to the site.
    private static let pieceBytes = 512 << 10

    func run(_ context: TaskContext<Parameters>) async throws {
        let table = try await context.inputs.table("data")
        guard let schema = table.schema else {
            throw ComponentError(.failedPrecondition, field: "name", "the table has no schema", fault: .host)
        }
        let format = RowText(schema: schema, delimiter: context.parameters.delimiter)
        var text = Array(format.headerLine.utf8)
        // Rows come in batches that may be as large as the engine likes; they leave in pieces of one size.
        var pieces: [[UInt8]] = []
        try await table.forEachBatch { batch in
            for row in 0..<batch.rows {
                try format.append(batch.key(at: row), batch.valueBytes(at: row), to: &text)
                if text.count >= Self.pieceBytes {
                    pieces.append(text)
                    text.removeAll(keepingCapacity: true)
                }
            }
            for piece in pieces { try context.outputs.appendBlocking(piece, to: "file") }
            pieces.removeAll()
            try context.checkCancelled()
        }
        try await context.outputs.append(text, to: "file")
        try context.tracking.summary(["count": .int(Int64(table.count))])
    }
}
