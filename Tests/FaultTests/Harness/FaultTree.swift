import Foundation

/// The installed tree that a run starts: the staged one and the probe.
enum FaultTree {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let staged: String =
        ProcessInfo.processInfo.environment["NORN_STAGE"] ?? root.appending(path: ".build/stage/debug").path

    static let examples = staged + "/share/norn/examples"

    /// Lays the tree out in a folder; files are linked, so that it costs nothing.
    static func make(in folder: String) throws -> String {
        guard FileManager.default.isExecutableFile(atPath: staged + "/bin/norn") else {
            throw FaultFailure("\(staged) has no bin/norn: run make stage (make test does)")
        }
        let tree = folder + "/tree"
        do {
            try Spawn.run(["cp", "-al", staged, tree])
        } catch {
            _ = try? FileManager.default.removeItem(atPath: tree)
            try Spawn.run(["cp", "-a", staged, tree])
        }
        try addProbe(to: tree)
        return tree
    }

    /// The probe's library lies where the tests were built.
    private static func addProbe(to tree: String) throws {
        let built = URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent().path
        let candidates = [built, root.appending(path: ".build/debug").path].map { $0 + "/libnorn_test_probe.so" }
        guard let library = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw FaultFailure("libnorn_test_probe.so is in none of \(candidates): run make build")
        }
        let folder = tree + "/lib/norn/plugins/test.probe"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: library, toPath: folder + "/libnorn_test_probe.so")
        let digest = try Spawn.run(["sha256sum", library]).prefix(64)
        let manifest = root.appending(path: "Tests/Plugins/Probe/manifest.json")
        let text = try String(contentsOf: manifest, encoding: .utf8)
        try text.replacing("\"sha256\": \"\"", with: "\"sha256\": \"\(digest)\"")
            .write(toFile: folder + "/manifest.json", atomically: true, encoding: .utf8)
    }

    static func example(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: examples + "/" + name))
        guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw FaultFailure("\(name) is no JSON object")
        }
        return object
    }
}
