import Foundation
import NornSite

/// A page of a table's rows as texts, read from its download: bounded memory however long the table is.
struct V1TableRows {
    static let rowsMaximum = 100
    static let pageMaximum = 1_000_000
    static let bufferBytes = 262_144

    var header: [String] = []
    var rows: [[String]] = []

    /// - Parameters:
    ///   - skipped: rows before the page.
    ///   - limit: rows of the page.
    init(_ file: URL, skipping skipped: Int, limit: Int) throws {
        let input = try FileHandle(forReadingFrom: file)
        defer { try? input.close() }
        var pending: [UInt8] = []
        var line = 0
        while let piece = try input.read(upToCount: Self.bufferBytes), !piece.isEmpty {
            pending += piece
            var start = 0
            while let end = pending[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let bytes = pending[start..<end]
                start = end + 1
                if line == 0 {
                    header = Self.cells(bytes)
                } else if line > skipped {
                    rows.append(Self.cells(bytes))
                }
                line += 1
                if rows.count == limit { return }
            }
            pending.removeFirst(start)
            guard pending.count <= V1TableText.lineBytesMaximum else {
                throw SiteError("line_too_long", "A row of the table is too long for this answer")
            }
        }
    }

    /// The cells of a line: a quoted one may hold commas, and two quotes for one (RFC 4180).
    static func cells(_ line: some Sequence<UInt8>) -> [String] {
        let (quote, comma) = (UInt8(ascii: "\""), UInt8(ascii: ","))
        var cells: [String] = []
        var cell: [UInt8] = []
        var isQuoted = false
        var wasQuote = false
        for byte in line {
            if isQuoted, byte == quote, !wasQuote {
                wasQuote = true
            } else if isQuoted, byte == quote {
                cell.append(quote)
                wasQuote = false
            } else if byte == comma, !isQuoted || wasQuote {
                cells.append(String(decoding: cell, as: UTF8.self))
                (cell, isQuoted, wasQuote) = ([], false, false)
            } else if byte == quote, cell.isEmpty, !isQuoted {
                isQuoted = true
            } else {
                cell.append(byte)
            }
        }
        return cells + [String(decoding: cell, as: UTF8.self)]
    }
}
