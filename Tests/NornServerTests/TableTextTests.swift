import Foundation
import Testing

@testable import NornServer

@Suite struct TableTextTests {
    private static func rewritten(_ text: String, limit: Int = -1, hasHead: Bool = true) throws -> (String, [String]) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-text-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (source, target) = (folder.appending(path: "a"), folder.appending(path: "b"))
        try text.write(to: source, atomically: true, encoding: .utf8)
        let header = try V1TableText(limit: limit, hasHead: hasHead).write(source, to: target)
        return (try String(contentsOf: target, encoding: .utf8), header)
    }

    @Test(arguments: [(-1, 3), (0, 0), (2, 2), (9, 3)])
    func asManyRowsAsAreWanted(limit: Int, rows: Int) throws {
        let (text, header) = try Self.rewritten("id,x\n1,2\n3,4\n5,6\n", limit: limit)
        #expect(header == ["id", "x"] && text.split(separator: "\n").count == rows + 1)
        let (bare, _) = try Self.rewritten("id,x\n1,2\n3,4\n5,6\n", limit: limit, hasHead: false)
        #expect(bare.split(separator: "\n").count == rows)
    }

    @Test func detailsOfPredictionsHaveApostrophesAndOtherTextStays() throws {
        let names = "label,predict_result,predict_score,predict_detail,type"
        let (text, _) = try Self.rewritten("id,\(names)\n1,1,1,0.9,\"{\"\"0\"\": 0.1, \"\"1\"\": 0.9}\",train\n")
        #expect(text == "id,\(names)\n1,1,1,0.9,\"{'0': 0.1, '1': 0.9}\",train\n")
        let plain = "id,x\n1,\"a \"\"b\"\"\"\n"
        #expect(try Self.rewritten(plain).0 == plain)
    }
}
