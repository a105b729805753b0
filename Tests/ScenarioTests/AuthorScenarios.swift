import Foundation
import Testing

/// What README.md tells authors, as the script that does it: make a component, build it, run it, pack it, install it at
/// a running site, and use it in a job of two parties.
@Suite(.serialized) struct AuthorScenarios {
    static let script = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Authors/authors.sh")

    @Test(arguments: ["c", "cpp", "rust", "python", "numpy", "languages"])
    func anAuthorsWayWorks(_ way: String) async throws {
        try StagedTree.check()
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let run = try await Program.run(
            URL(filePath: "/bin/sh"), [Self.script.path, way],
            environment: ["PATH": StagedTree.norn.deletingLastPathComponent().path + ":" + path])
        #expect(run.status == 0, "\(run.output.suffix(4000))\n\(run.errors.suffix(2000))")
        #expect(run.output.contains("== \(way): done"))
    }

    @Test func aTakenFolderAndAWrongNameAreRefused() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-new-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let taken = try await Program.run(
            StagedTree.norn, ["component", "new", "row-total", "--lang", "c", "--folder", folder.path])
        #expect(taken.status == 3 && taken.errors.contains("is there already"), "\(taken.errors)")
        for name in ["Row", "row_total", "../x", "1row", "row--total", ""] {
            let wrong = try await Program.run(
                StagedTree.norn,
                ["component", "new", name, "--lang", "c", "--folder", folder.path + "/new"])
            #expect(wrong.status == 3 && wrong.errors.contains("is not a name"), "\(name): \(wrong.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
}
