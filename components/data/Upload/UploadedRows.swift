import NornKit

/// Turns lines into rows and learns the table's columns on the way.
struct UploadedRows {
    private let parameters: Upload.Parameters
    private let delimiter: UInt8
    private let prefix: String
    private var columns: [String]?
    /// Whether the line that `head` takes for names holds pairs such as `3:0.5`: it is data of a sparse file, whose lines
    /// differ in length. FATE's own confs upload such files with `head` 1 and lose the line; so does this.
    private(set) var hasDataForHeader = false
    /// Lines that became rows.
    private(set) var count = 0

    init(_ parameters: Upload.Parameters, prefix: String) throws {
        self.parameters = parameters
        self.prefix = prefix
        guard let delimiter = parameters.idDelimiter.utf8.first else {
            throw ComponentError.invalid(field: "id_delimiter", "is empty")
        }
        self.delimiter = delimiter
    }

    /// Takes a line: the names of the columns when it is the header, nothing when it is blank, else a row.
    mutating func put(_ line: UnsafeRawBufferPointer, number: Int, into writer: TableWriter) throws {
        guard !line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) else { return }
        if columns == nil {
            try learnColumns(line, number: number)
            if parameters.head == 1 { return }
        }
        try checkWidth(line, number: number)
        if parameters.extendSID {
            let id = parameters.autoIncreasingSID ? String(count) : prefix + String(count)
            try writer.put(.text(id), bytes: line)
        } else {
            let end = line.firstIndex(of: delimiter) ?? line.endIndex
            let id = try text(UnsafeRawBufferPointer(rebasing: line[..<end]), number: number)
            guard !id.isEmpty else { throw refusal("line \(number) has no id in its first column") }
            try writer.put(.text(id), bytes: UnsafeRawBufferPointer(rebasing: line[min(end + 1, line.endIndex)...]))
        }
        count += 1
    }

    /// - Throws: when there was no row.
    func schema() throws -> TableSchema {
        guard let columns, count > 0 else {
            throw refusal(columns == nil ? "the file is empty" : "the file has a header and no row")
        }
        return TableSchema(
            layout: .text, header: parameters.extendSID ? columns : Array(columns.dropFirst()), content: .raw,
            idName: parameters.extendSID ? "extend_sid" : columns.first ?? "id",
            delimiter: parameters.idDelimiter)
    }

    private mutating func learnColumns(_ line: UnsafeRawBufferPointer, number: Int) throws {
        let fields = try text(line, number: number)
            .split(separator: Character(parameters.idDelimiter), omittingEmptySubsequences: false)
            .map { trimmed($0) }
        hasDataForHeader = parameters.head == 1 && fields.dropFirst().contains { $0.contains(":") }
        // No value of a row may stand in the schema.
        guard parameters.head == 1, !hasDataForHeader else {
            columns = fields.indices.map { $0 == 0 ? "id" : "x\($0 - 1)" }
            return
        }
        if let repeated = Dictionary(grouping: fields, by: \.self).first(where: { $0.value.count > 1 })?.key {
            throw refusal("the header names column \"\(repeated)\" twice")
        }
        columns = fields
    }

    /// With a header each line has its columns; without one a line may have any number of fields (tags).
    private func checkWidth(_ line: UnsafeRawBufferPointer, number: Int) throws {
        guard parameters.head == 1, !hasDataForHeader, let columns else { return }
        var fields = 1
        for byte in line where byte == delimiter { fields += 1 }
        guard fields == columns.count else {
            throw refusal("line \(number) has \(fields) columns where the header has \(columns.count)")
        }
    }

    private func text(_ bytes: UnsafeRawBufferPointer, number: Int) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw refusal("line \(number) is not UTF-8 text")
        }
        return text
    }

    private func refusal(_ message: String) -> ComponentError {
        ComponentError(.invalidArgument, field: "file", message, fault: .user)
    }

    private func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
