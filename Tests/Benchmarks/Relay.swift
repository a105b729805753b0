import Foundation

/// The test-only C plugin `Tests/Plugins/Relay`: a task that sleeps and may hand on a table.
enum Relay {
    static let plugin = "norn.bench.relay"
    private static let library = "libnorn_bench_relay.so"
    private static let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Plugins/Relay/manifest.json")

    /// Adds the plugin to a home before its site starts.
    static func add(to home: URL) throws {
        let folder = home.appending(path: "added-plugins/\(plugin)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let built = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: library)
        try FileManager.default.copyItem(at: built, to: folder.appending(path: library))
        let digest = try Program.run("/usr/bin/sha256sum", [built.path]).prefix(64)
        let manifest = try String(contentsOf: source, encoding: .utf8)
            .replacingOccurrences(of: #""sha256": """#, with: "\"sha256\": \"\(digest)\"")
        try Data(manifest.utf8).write(to: folder.appending(path: "manifest.json"))
    }

    /// The JSON of a submission: so many tasks in a row, at one to three parties.
    static func submission(tasks: Int, parties: Int, milliseconds: Int = 0, rows: Int = 0) throws -> Data {
        var components: [String: Any] = [:]
        for number in 0..<tasks {
            var task: [String: Any] = ["module": "Relay", "output": ["data": ["data"]]]
            if number > 0 { task["input"] = ["data": ["data": ["relay_\(number - 1).data"]]] }
            components["relay_\(number)"] = task
        }
        let roles = [("guest", [9999]), ("host", [10000]), ("arbiter", [10001])].prefix(parties)
        let parameters = ["milliseconds": milliseconds, "rows": rows]
        return try JSONSerialization.data(withJSONObject: [
            "dsl": ["components": components],
            "conf": [
                "dsl_version": 2, "initiator": ["role": "guest", "party_id": 9999],
                "role": Dictionary(uniqueKeysWithValues: roles.map { ($0.0, $0.1) }),
                "job_parameters": ["common": ["task_cores": 1]],
                "component_parameters": [
                    "common": Dictionary(uniqueKeysWithValues: (0..<tasks).map { ("relay_\($0)", parameters) })
                ],
            ],
        ])
    }
}

/// Programs that are run and waited for.
enum Program {
    /// - Returns: what it printed.
    @discardableResult
    static func run(_ path: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchmarkFailure("\(path) \(arguments.first ?? "") ended with status \(process.terminationStatus)")
        }
        return String(decoding: output, as: UTF8.self)
    }
}
