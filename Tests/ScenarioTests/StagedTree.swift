import Foundation

/// The installed tree that scenarios run: what `make stage` lays out, binaries, plugins and examples.
enum StagedTree {
    static let root: URL = {
        if let folder = ProcessInfo.processInfo.environment["NORN_STAGE"] { return URL(filePath: folder) }
        return URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: ".build/stage/debug")
    }()

    static var norn: URL { root.appending(path: "bin/norn") }
    static var examples: URL { root.appending(path: "share/norn/examples") }

    /// - Throws: when nothing is staged: a scenario never passes because it had nothing to run.
    static func check() throws {
        guard FileManager.default.isExecutableFile(atPath: norn.path) else {
            throw ScenarioFailure("\(norn.path) is not there: run make stage (make test does)")
        }
    }

    static func json(_ name: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(contentsOf: examples.appending(path: name)))
        guard let object = value as? [String: Any] else { throw ScenarioFailure("\(name) is no JSON object") }
        return object
    }
}

/// Why a scenario could not go on.
struct ScenarioFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
