import Foundation
import Testing

@testable import NornSite

@Suite struct ScratchFoldersTests {
    private func inode(_ folder: URL) throws -> UInt64? {
        try FileManager.default.attributesOfItem(atPath: folder.path)[.systemFileNumber] as? UInt64
    }

    private func mode(_ folder: URL) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: folder.path)[.posixPermissions] as? Int
    }

    @Test func aFolderIsUsedAgainOnceItIsEmptied() throws {
        let home = try HeartUnderTest.home()
        defer { try? FileManager.default.removeItem(at: home.root) }
        let folders = ScratchFolders(home: home)
        let (first, second) = (home.jobs.appending(path: "1"), home.jobs.appending(path: "2"))
        try folders.make(first)
        let number = try #require(try inode(first))
        #expect(try mode(first) == 0o700)
        try FileManager.default.createDirectory(
            at: first.appending(path: "deep/er"), withIntermediateDirectories: true)
        try Data("rows".utf8).write(to: first.appending(path: "deep/er/file"))
        folders.leave(first)
        #expect(!FileManager.default.fileExists(atPath: first.path))
        try folders.make(second)
        #expect(try inode(second) == number)
        #expect(try mode(second) == 0o700)
        #expect(try FileManager.default.contentsOfDirectory(atPath: second.path).isEmpty)
    }

    @Test func aFolderThatIsNotAsItWasMadeIsNotUsedAgain() throws {
        let home = try HeartUnderTest.home()
        defer { try? FileManager.default.removeItem(at: home.root) }
        let folders = ScratchFolders(home: home)
        let folder = home.jobs.appending(path: "1")
        try folders.make(folder)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        folders.leave(folder)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.scratch.path).isEmpty)
    }
}
