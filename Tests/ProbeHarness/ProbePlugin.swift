import Foundation

/// The plugin of probes, which no release has.
package enum ProbePlugin {
    private static let library = "libnorn_test_probe.so"

    /// Adds the plugin to an installed tree; its library lies where the tests were built.
    package static func add(to tree: String) throws {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let built = URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent().path
        let candidates = [built, root.appending(path: ".build/debug").path].map { "\($0)/\(library)" }
        guard let library = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw ProbeFailure("\(Self.library) is in none of \(candidates): run make build")
        }
        let folder = tree + "/lib/norn/plugins/test.probe"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: library, toPath: "\(folder)/\(Self.library)")
        let manifest = root.appending(path: "Tests/Plugins/Probe/manifest.json")
        let text = try String(contentsOf: manifest, encoding: .utf8)
        try text.replacing("\"sha256\": \"\"", with: "\"sha256\": \"\(try digest(of: library))\"")
            .write(toFile: folder + "/manifest.json", atomically: true, encoding: .utf8)
    }

    /// The SHA-256 of a file, in hexadecimal digits.
    private static func digest(of file: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/sha256sum")
        process.arguments = [file]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0, line.count > 64 else { throw ProbeFailure("\(file) has no digest") }
        return String(line.prefix(64))
    }
}
