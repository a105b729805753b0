import Foundation
import Testing

@testable import NornServer

@Suite struct TableRowsTests {
    private static func page(_ text: String, skipping skipped: Int, limit: Int) throws -> V1TableRows {
        let file = FileManager.default.temporaryDirectory.appending(path: "norn-rows-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try text.write(to: file, atomically: true, encoding: .utf8)
        return try V1TableRows(file, skipping: skipped, limit: limit)
    }

    @Test(arguments: [(0, 2, ["1", "3"]), (2, 2, ["5"]), (1, 9, ["3", "5"]), (7, 2, [])])
    func aPageOfRows(skipped: Int, limit: Int, ids: [String]) throws {
        let page = try Self.page("id,x\n1,2\n3,4\n5,6\n", skipping: skipped, limit: limit)
        #expect(page.header == ["id", "x"] && page.rows.map { $0[0] } == ids)
    }

    @Test func quotedCellsHoldCommasAndQuotes() {
        let line = "1,\"{\"\"0\"\": 0.1, \"\"1\"\": 0.9}\",,train"
        #expect(V1TableRows.cells(line.utf8) == ["1", "{\"0\": 0.1, \"1\": 0.9}", "", "train"])
        #expect(V1TableRows.cells("".utf8) == [""])
    }
}
