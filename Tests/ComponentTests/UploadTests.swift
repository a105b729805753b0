import NornKit
import NornTestHost
import Testing

@Suite struct UploadTests {
    static func upload(_ text: String, _ parameters: [String: CBOR] = [:]) async throws -> TestResult {
        try await TestHost(product: "norn_data").run(
            "Upload", parameters: parameters,
            parties: [TestParty(.local, "0", inputs: [.file("file", Array(text.utf8))])])[.local]
    }

    @Test func linesBecomeRowsUnderTheirFirstColumn() async throws {
        let result = try await Self.upload("\u{FEFF}id,y,x0\r\n7,1,0.5\r\n3,0,-2\n\nb,1,4")
        #expect(result.error == nil)
        let table = try await result.table()
        #expect(table.schema?.header == ["y", "x0"])
        #expect(table.schema?.idName == "id")
        let rows = try await table.collect(String.self)
        #expect(rows.map(\.value) == ["0,-2", "1,0.5", "1,4"])
        #expect(result.summary["count"]?.int == 3)
    }

    @Test func ofARepeatedIdTheLastLineStaysAndTheCountIsTold() async throws {
        let result = try await Self.upload("id,x\na,1\nb,2\na,3\n")
        #expect(try await result.table().collect(String.self).map(\.value) == ["3", "2"])
        #expect(result.summary["repeated"]?.int == 1)
        #expect(result.log.contains { $0.text.contains("[WARN]") && $0.text.contains("repeat") })
    }

    @Test func shortRowsAreNamedByTheirLine() async throws {
        let error = try #require(try await Self.upload("id,x0,x1\n1,2,3\n4,5\n").error)
        #expect(error.code == .invalidArgument && error.fault == .user)
        #expect(error.message.contains("line 3") && error.message.contains("2") && error.message.contains("3"))
    }

    @Test(arguments: ["", "\n\n", "id,x\n", "id,x\n,3\n", "id,x,x\n1,2,3\n"])
    func filesWithoutRowsOrIdsAreRefused(text: String) async throws {
        let result = try await Self.upload(text)
        #expect(result.error?.fault == .user)
        #expect(result.outputNames.isEmpty)
    }

    @Test func withoutAHeaderLinesMayDifferInLength() async throws {
        let result = try await Self.upload("1,a,b\n2,c\n", ["head": 0])
        #expect(try await result.table().collect(String.self).map(\.value) == ["a,b", "c"])
    }

    @Test(arguments: ["1,1,0:0.5,1:2\n2,0,1:3\n3,1\n", "1,a:1\n2,b:2,c:3\n3\n"])
    func aSparseFileWithoutNamesIsTakenWithAWarning(text: String) async throws {
        let result = try await Self.upload(text, ["head": 1])
        #expect(result.error == nil)
        #expect(try await result.table().count == 2)
        #expect(try await result.table().schema?.header.allSatisfy { $0.hasPrefix("x") } == true)
        #expect(result.log.contains { $0.text.contains("[WARN]") && $0.text.contains("head") })
    }

    @Test func idsCanBeMade() async throws {
        let counted = try await Self.upload("x,y\n5,6\n7,8\n", ["extend_sid": true, "auto_increasing_sid": true])
        #expect(try await counted.table().collect(String.self).map(\.value) == ["5,6", "7,8"])
        #expect(try await counted.table().schema?.header == ["x", "y"])
        let random = try await Self.upload("x,y\n5,6\n7,8\n", ["extend_sid": true])
        #expect(try await random.table().count == 2)
    }

    @Test func partitionsAreCounted() async throws {
        #expect(try await Self.upload("id,x\n1,2\n", ["partition": 7]).table().partitions == 7)
        #expect(try await Self.upload("id,x\n1,2\n", ["partition": 0]).error?.message.contains("partition") == true)
    }

    /// Lines that end inside a piece of the file, and pieces that end inside a line.
    @Test func largeFilesComeInPieces() async throws {
        let lines = (0..<120_000).map { "row\($0),\($0 % 97),\($0)" }
        let result = try await Self.upload("id,a,b\n" + lines.joined(separator: "\n"), ["partition": 3])
        #expect(result.error == nil)
        let table = try await result.table()
        #expect(table.count == 120_000)
        #expect(try await table.values(of: [.text("row119999")], String.self).first?.value == "\(119_999 % 97),119999")
    }

    private static let base = TableSchema(layout: .text, header: ["x", "y"], content: .raw)

    private static func merged(_ text: String, _ more: [String: CBOR] = [:]) async throws -> TestResult {
        try await TestHost(product: "norn_data").run(
            "Upload", parameters: more.merging(["merge": true]) { $1 },
            parties: [
                TestParty(
                    .local, "0",
                    inputs: [
                        .file("file", Array(text.utf8)),
                        .table("data", [(.text("a"), "1,1"), (.text("b"), "2,2")], schema: base),
                    ])
            ])[.local]
    }

    @Test func aMergeOverwritesKeysAndAddsNewOnes() async throws {
        let result = try await Self.merged("id,x,y\nb,20,0\nc,3,3\nc,30,3\n")
        #expect(result.error == nil)
        #expect(try await result.table().collect(String.self).map(\.value) == ["1,1", "20,0", "30,3"])
        #expect(result.summary["count"]?.int == 3 && result.summary["added"]?.int == 1)
    }

    @Test(arguments: ["id,x,z\nb,1,1\n", "key,x,y\nb,1,1\n", "id,x\nb,1\n"])
    func aMergeOfOtherColumnsIsRefused(text: String) async throws {
        let error = try #require(try await Self.merged(text).error)
        #expect(error.fault == .user && error.message.contains("columns"), "\(error)")
    }

    @Test func aMetaStaysWithTheTable() async throws {
        let meta: CBOR = ["input_format": "tag", "delimiter": ";"]
        let result = try await Self.upload("id,x\na,1\n", ["with_meta": true, "meta": meta])
        #expect(try await result.table().schema?.meta == meta)
        #expect(try await Self.upload("id,x\na,1\n", ["meta": meta]).table().schema?.meta == nil)
    }
}
