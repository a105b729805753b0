import Foundation
import ProbeHarness

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
        try ProbePlugin.add(to: tree)
        return tree
    }

    static func example(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: examples + "/" + name))
        guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw FaultFailure("\(name) is no JSON object")
        }
        return object
    }
}
