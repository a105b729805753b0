import Foundation
import NornSite
import Testing

@testable import NornServer

@Suite struct TarFileTests {
    @Test func headersAreOfUSTAR() throws {
        let header = try TarFile.header("guest/9999/INFO.log", size: 0o1234)
        #expect(header.count == 512)
        #expect(String(decoding: header[0..<19], as: UTF8.self) == "guest/9999/INFO.log")
        #expect(String(decoding: header[124..<135], as: UTF8.self) == "00000001234")
        #expect(String(decoding: header[257..<262], as: UTF8.self) == "ustar" && header[156] == UInt8(ascii: "0"))
        var summed = header
        for index in 148..<156 { summed[index] = UInt8(ascii: " ") }
        let sum = summed.reduce(0) { $0 + Int($1) }
        #expect(Int(String(decoding: header[148..<154], as: UTF8.self), radix: 8) == sum)
    }

    @Test func longNamesAreCutAtASlash() throws {
        let task = String(repeating: "t", count: 128)
        let header = try TarFile.header("guest/9999/\(task)/INFO.log", size: 1)
        #expect(String(decoding: header[0..<8], as: UTF8.self) == "INFO.log" && header[8] == 0)
        #expect(String(decoding: header[345..<356], as: UTF8.self) == "guest/9999/")
        #expect(throws: SiteError.self) { try TarFile.header(String(repeating: "n", count: 101), size: 1) }
    }

    @Test func anArchiveIsWholeForTheSystemsTar() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-tar-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = folder.appending(path: "source")
        let text = String(repeating: "0123456789\n", count: 60_000)
        try text.write(to: source, atomically: true, encoding: .utf8)
        var tar = try TarFile(folder.appending(path: "a.tar.gz"))
        try tar.add("empty", [])
        try tar.add("whole/block", [UInt8](repeating: 65, count: 512))
        try tar.add("large", contentsOf: source)
        try tar.finish()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/tar")
        process.arguments = ["-xzf", folder.appending(path: "a.tar.gz").path, "-C", folder.path]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try Data(contentsOf: folder.appending(path: "empty")).isEmpty)
        #expect(try Data(contentsOf: folder.appending(path: "whole/block")).count == 512)
        #expect(try String(contentsOf: folder.appending(path: "large"), encoding: .utf8) == text)
    }
}
