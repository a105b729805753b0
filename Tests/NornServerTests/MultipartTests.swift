import NornSite
import Testing

@testable import NornServer

@Suite struct MultipartTests {
    private static let type = "multipart/form-data; boundary=b0"

    /// What a body says, read in pieces of one length.
    private static func read(_ body: String, pieces: Int, type: String = type) throws -> [String] {
        var reader = try MultipartReader(contentType: type)
        var said: [String] = []
        var content: [UInt8] = []
        let bytes = Array(body.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            try reader.read(bytes[start..<min(start + pieces, bytes.count)]) { event in
                switch event {
                case .begin(let name, let file): said.append("\(name)=\(file ?? "-")")
                case .content(let piece): content += piece
                case .end:
                    said.append(String(decoding: content, as: UTF8.self))
                    content = []
                }
            }
        }
        try reader.finish()
        return said
    }

    @Test(arguments: [1, 2, 3, 7, 64, 4096])
    func partsComeWholeHoweverTheBodyIsCut(pieces: Int) throws {
        let body =
            "--b0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"d.csv\"\r\nContent-Type: text/csv\r\n\r\n"
            + "id,y\r\n1,--b0\r\n\r\n--b\r\n--b0\r\ncontent-disposition: form-data; name=note\r\n\r\n\r\n--b0--\r\nrest"
        #expect(try Self.read(body, pieces: pieces) == ["file=d.csv", "id,y\r\n1,--b0\r\n\r\n--b", "note=-", ""])
    }

    @Test(arguments: ["", "--b0\r\n", "--b0\r\nContent-Disposition: form-data; name=a\r\n\r\nx", "text"])
    func aBodyThatEndsEarlyIsRefused(body: String) {
        #expect(throws: SiteError.self) { try Self.read(body, pieces: 4) }
    }

    @Test func aBoundaryThatIsNoLineIsRefused() {
        #expect(throws: SiteError.self) {
            try Self.read("--b0\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b0xx\r\n", pieces: 8)
        }
    }

    @Test(arguments: [
        "text/csv", "multipart/form-data", "multipart/mixed; boundary=x", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + String(repeating: "x", count: 71),
    ])
    func otherContentTypesAreRefused(type: String) {
        #expect(throws: SiteError.self) { try MultipartReader(contentType: type) }
    }

    @Test func headersAndPartsAreBounded() {
        #expect(throws: SiteError.self) {
            try Self.read("--b0\r\nA: " + String(repeating: "x", count: 20_000), pieces: 1000)
        }
        let part = "\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b0"
        #expect(throws: SiteError.self) {
            try Self.read("--b0" + String(repeating: part, count: 100) + "--", pieces: 1000)
        }
    }
}
