import Foundation
import NornManifest
import NornSite

/// Tables as FATE's clients unpack them: of each, `<name>.csv` and `<name>.meta` with the header as JSON.
struct V1DataArchive {
    static let bufferBytes = 262_144

    let site: Site
    let caller: Caller
    /// Rows of each table; -1 for all.
    let limit: Int
    /// Whether the first line of the text names the columns.
    let hasHead: Bool

    /// A file in a fresh folder, which the caller removes.
    func write(_ tables: [(name: String, table: TableView)]) async throws -> URL {
        let archive = try site.newUploadFile()
        do {
            var tar = try TarFile(archive)
            for (name, table) in tables { try await add(name, table, to: &tar, beside: archive) }
            try tar.finish()
            return archive
        } catch {
            try? FileManager.default.removeItem(at: archive.deletingLastPathComponent())
            throw error
        }
    }

    private func add(_ name: String, _ table: TableView, to tar: inout TarFile, beside archive: URL) async throws {
        let whole = try await site.download(table.namespace, table.name, caller)
        defer { try? FileManager.default.removeItem(at: whole.deletingLastPathComponent()) }
        let text = archive.deletingLastPathComponent().appending(path: "text")
        let header = try V1TableText(limit: limit, hasHead: hasHead).write(whole, to: text)
        try tar.add("\(name).csv", contentsOf: text)
        let meta: JSON = ["header": .array(header.map { .string($0) })]
        try tar.add("\(name).meta", Array(meta.text().utf8))
    }
}

/// Rewrites a table's text as FATE writes it: as many rows as are wanted, and the details of predictions with
/// apostrophes, since its client takes such a cell apart by itself.
struct V1TableText {
    static let predictionColumns = ["label", "predict_result", "predict_score", "predict_detail", "type"]
    static let lineBytesMaximum = 32 << 20

    let limit: Int
    let hasHead: Bool

    /// - Returns: the names of the columns.
    func write(_ source: URL, to target: URL) throws -> [String] {
        let input = try FileHandle(forReadingFrom: source)
        defer { try? input.close() }
        guard FileManager.default.createFile(atPath: target.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw SiteError("file_not_written", "The answer cannot be kept", hint: "Check the disk of the home") }
        let output = try FileHandle(forWritingTo: target)
        defer { try? output.close() }
        var header: [String]?
        var isOfPredictions = false
        var rows = 0
        var pending: [UInt8] = []
        var ready: [UInt8] = []
        while let piece = try input.read(upToCount: V1DataArchive.bufferBytes), !piece.isEmpty {
            pending += piece
            var start = 0
            while let end = pending[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = pending[start...end]
                start = end + 1
                if header == nil {
                    header = Self.columns(line)
                    isOfPredictions = header?.suffix(5).elementsEqual(Self.predictionColumns) ?? false
                    if hasHead { ready += line }
                    continue
                }
                if limit >= 0, rows >= limit { break }
                rows += 1
                if isOfPredictions { Self.append(line, to: &ready) } else { ready += line }
            }
            pending.removeFirst(start)
            guard pending.count <= Self.lineBytesMaximum else {
                throw SiteError("line_too_long", "A row of the table is too long for this answer")
            }
            try output.write(contentsOf: Data(ready))
            ready.removeAll(keepingCapacity: true)
            if limit >= 0, rows >= limit { break }
        }
        return header ?? []
    }

    private static func columns(_ line: ArraySlice<UInt8>) -> [String] {
        String(decoding: line.dropLast(), as: UTF8.self).split(separator: ",", omittingEmptySubsequences: false)
            .map(String.init)
    }

    /// Two quotes within a quoted cell stand for one; FATE has an apostrophe there.
    private static func append(_ line: ArraySlice<UInt8>, to text: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        var index = line.startIndex
        while index < line.endIndex {
            let next = index + 1
            if line[index] == quote, next < line.endIndex, line[next] == quote {
                text.append(UInt8(ascii: "'"))
                index += 2
            } else {
                text.append(line[index])
                index = next
            }
        }
    }
}
