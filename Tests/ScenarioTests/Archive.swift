import Foundation

/// An archive that the site answered, unpacked by the system's own tar.
enum Archive {
    /// - Returns: a folder, which the caller removes.
    static func unpacked(_ data: Data) async throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-archive-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "archive.tar.gz")
        try data.write(to: file)
        let tar = try await Program.run(
            URL(filePath: "/usr/bin/tar"), ["--extract", "--gzip", "--file", file.path, "--directory", folder.path])
        guard tar.status == 0 else { throw ScenarioFailure("tar: \(tar.errors)") }
        try FileManager.default.removeItem(at: file)
        return folder
    }
}
