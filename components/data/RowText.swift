import NornKit

/// A stored row as a line of text, whatever its layout.
struct RowText {
    let schema: TableSchema
    let delimiter: String

    /// The columns' names, ended as a line.
    var headerLine: String {
        var columns = [schema.idName]
        if schema.layout == .float64 || schema.layout == .sparse {
            if let matchID = schema.matchIDName { columns.append(matchID) }
            if let label = schema.labelName { columns.append(label) }
            if schema.weight { columns.append("weight") }
        }
        columns += schema.header
        return columns.joined(separator: delimiter) + "\n"
    }

    /// Appends the row and a line's end.
    /// - Throws: `dataLoss` when the bytes do not fit the schema.
    func append(_ key: Key, _ value: UnsafeRawBufferPointer, to text: inout [UInt8]) throws {
        text.append(contentsOf: idText(key).utf8)
        switch schema.layout {
        case .text:
            try appendText(value, to: &text)
        case .float64, .sparse:
            try appendNumbers(value, to: &text)
        case .cbor:
            try appendColumns(value, to: &text)
        }
        text.append(UInt8(ascii: "\n"))
    }

    private func idText(_ key: Key) -> String {
        switch key {
        case .text(let id): id
        case .int(let id): String(id)
        case .raw(let bytes): bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        }
    }

    private func appendText(_ value: UnsafeRawBufferPointer, to text: inout [UInt8]) throws {
        guard !value.isEmpty || !schema.header.isEmpty else { return }
        text.append(contentsOf: delimiter.utf8)
        guard schema.delimiter != delimiter else { return text.append(contentsOf: value) }
        guard let from = schema.delimiter.utf8.first, let to = delimiter.utf8.first else { return }
        text.append(contentsOf: value.lazy.map { $0 == from ? to : $0 })
    }

    private func appendNumbers(_ value: UnsafeRawBufferPointer, to text: inout [UInt8]) throws {
        let format = try InstanceFormat(schema)
        var row = format.emptyRow
        try format.read(value, into: &row)
        func append(_ field: String) { text.append(contentsOf: (delimiter + field).utf8) }
        if format.hasMatchID { append(String(decoding: row.matchID, as: UTF8.self)) }
        if format.hasLabel { append(Self.numberText(row.label, whole: Self.isWhole(schema.labelType))) }
        if format.hasWeight { append(String(row.weight)) }
        guard format.isSparse else { return row.values.forEach { append(String($0)) } }
        var entry = 0
        for column in 0..<format.columns {
            let isNamed = entry < row.columns.count && Int(row.columns[entry]) == column
            append(isNamed ? String(row.values[entry]) : "0.0")
            if isNamed { entry += 1 }
        }
    }

    private static func isWhole(_ type: String?) -> Bool { type?.hasPrefix("int") == true || type == "long" }

    private func appendColumns(_ value: UnsafeRawBufferPointer, to text: inout [UInt8]) throws {
        guard case .array(let columns) = try CBOR(decoding: Array(value)) else { throw Self.damaged }
        for column in columns {
            text.append(contentsOf: delimiter.utf8)
            text.append(contentsOf: columnText(column).utf8)
        }
    }

    private func columnText(_ column: CBOR) -> String {
        switch column {
        case .null: return ""
        case .bool(let flag): return flag ? "true" : "false"
        case .int(let number): return String(number)
        case .unsigned(let number): return String(number)
        case .double(let number): return String(number)
        case .text(let text):
            guard text.contains(delimiter) || text.contains("\"") || text.contains("\n") else { return text }
            return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        case .bytes, .array, .map: return ""
        }
    }

    private static func numberText(_ number: Double, whole: Bool) -> String {
        whole ? Int64(exactly: number).map { String($0) } ?? String(number) : String(number)
    }

    private static let damaged = ComponentError(.dataLoss, "a row does not fit the table's schema", fault: .host)
}
