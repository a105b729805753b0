import Foundation
import Testing

@testable import NornSite

@Suite struct ScratchFoldersTests {
    @Test func aFolderIsUsedAgainOnceItIsEmptied() throws {
        let home = try HeartUnderTest.home()
        defer { try? FileManager.default.removeItem(at: home.root) }
        let folders = ScratchFolders(home: home)
        let first = try folders.take()
        let second = try folders.take()
        #expect(first != second)
        try FileManager.default.createDirectory(
            at: first.appending(path: "deep/er"), withIntermediateDirectories: true)
        try Data("rows".utf8).write(to: first.appending(path: "deep/er/file"))
        folders.give(first)
        #expect(try folders.take() == first)
        #expect(try FileManager.default.contentsOfDirectory(atPath: first.path).isEmpty)
    }

    @Test func aFolderThatIsNotAsItWasMadeIsNotUsedAgain() throws {
        let home = try HeartUnderTest.home()
        defer { try? FileManager.default.removeItem(at: home.root) }
        let folders = ScratchFolders(home: home)
        let folder = try folders.take()
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        folders.give(folder)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
        #expect(try folders.take() != folder)
    }
}
