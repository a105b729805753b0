import Foundation
import Testing

@testable import NornSite

/// Archives of models: what is written is read again, and nothing else is.
@Suite struct ZipArchiveTests {
    private static let entries = [
        ZipArchive.Entry(name: "manifest.json", bytes: Array("{}".utf8)),
        ZipArchive.Entry(name: "models/0", bytes: (0..<1000).map { UInt8($0 & 255) }),
        ZipArchive.Entry(name: "models/1", bytes: []),
    ]

    /// The place of the one that comes nth, from 0.
    private static func place(of text: String, in bytes: [UInt8], _ number: Int) throws -> Int {
        let wanted = Array(text.utf8)
        let places = bytes.indices.filter { bytes[$0...].starts(with: wanted) }
        return try #require(places.indices.contains(number) ? places[number] : nil)
    }

    private static func renamed(_ from: String, _ to: String) throws -> [UInt8] {
        var bytes = try ZipArchive.write(Self.entries)
        // Its local header and the central one; what is renamed is found no more.
        for _ in 0..<2 {
            let place = try place(of: from, in: bytes, 0)
            bytes.replaceSubrange(place..<place + from.utf8.count, with: to.utf8)
        }
        return bytes
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let bytes = try ZipArchive.write(Self.entries)
        #expect(try ZipArchive.read(bytes) == Self.entries)
        #expect(try ZipArchive.write(Self.entries) == bytes)
        #expect(try ZipArchive.read(try ZipArchive.write([])) == [])
    }

    /// Values of the CRC catalogue of RevEng: CRC-32/ISO-HDLC of "123456789".
    @Test func theChecksumIsThatOfZip() {
        #expect(CyclicRedundancyCheck.of(Array("123456789".utf8)[...]) == 0xCBF4_3926)
        #expect(CyclicRedundancyCheck.of([]) == 0)
    }

    /// Another program reads it too.
    @Test func pythonReadsIt() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "norn-\(UUID().uuidString).zip")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(ZipArchive.write(Self.entries)).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-m", "zipfile", "-t", file.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test(arguments: [
        ("models/0", "../etc/0"), ("models/0", "/models0"), ("models/0", "models/."), ("models/0", "mod/../0"),
        ("models/0", "models//"), ("models/0", "models\\0"), ("models/0", "models\u{0}0"), ("models/0", "models/1"),
    ])
    func namesThatLeadOutAreRefused(from: String, to: String) throws {
        let bytes = try Self.renamed(from, to)
        #expect(throws: SiteError.self) { try ZipArchive.read(bytes) }
    }

    /// Offsets in the central header of the second entry: version, flags, method, extra, comment, disk, mode, place.
    @Test(arguments: [
        (8, UInt8(1)), (10, 8), (30, 1), (32, 1), (41, 0xA1), (41, 0x41), (42, 9), (20, 7), (24, 7), (16, 1),
    ])
    func whatIsNoPlainFileIsRefused(offset: Int, value: UInt8) throws {
        var bytes = try ZipArchive.write(Self.entries)
        let header = try Self.place(of: "PK\u{1}\u{2}", in: bytes, 1)
        bytes[header + offset] = bytes[header + offset] == value ? value &+ 1 : value
        let error = #expect(throws: SiteError.self) { try ZipArchive.read(bytes) }
        #expect(error?.code == "archive_refused")
    }

    @Test func damageIsFoundWhereverItIs() throws {
        let bytes = try ZipArchive.write(Self.entries)
        // The version and the date of an entry, and the disk that it begins on, say nothing about its content.
        var unread = 0
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 0xFF
            if let read = try? ZipArchive.read(damaged) {
                #expect(read == Self.entries, "byte \(place)")
                unread += 1
            }
        }
        #expect(unread < 40)
        for count in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: SiteError.self) { try ZipArchive.read(Array(bytes.prefix(count))) }
        }
        #expect(throws: SiteError.self) { try ZipArchive.read(bytes + [0]) }
        #expect(throws: SiteError.self) { try ZipArchive.read([0] + bytes) }
    }
}
