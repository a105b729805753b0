import Foundation

/// Plugins as an author makes them: the template in C, changed a little, built and packed.
struct AuthoredPlugin {
    /// Rows at which the component waits until it is cancelled.
    static let waitingRows = 999

    let folder: URL

    /// Makes and builds the project in a folder of its own, which the caller removes.
    static func make(version: String = "0.1.0") async throws -> AuthoredPlugin {
        try StagedTree.check()
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-authored-\(UUID().uuidString)")
        let plugin = AuthoredPlugin(folder: folder)
        try await plugin.run(
            StagedTree.norn, ["component", "new", "row-total", "--lang", "c", "--folder", folder.path])
        try plugin.change("src/run.c") { text in
            text.replacing("#include <stdio.h>", with: "#include <stdio.h>\n#include <unistd.h>").replacing(
                "  norn_status status = count_rows(self, &rows, error);\n  if (status != NORN_OK) return status;\n  if (rows",
                with: """
                      norn_status status = count_rows(self, &rows, error);
                      if (status != NORN_OK) return status;
                      while (minimum == \(waitingRows) && *self->task->cancel_flag == 0) usleep(1000);
                      if (rows
                    """)
        }
        for file in ["src/plugin.c", "manifest.json"] where version != "0.1.0" {
            try plugin.change(file) { $0.replacing("\"0.1.0\"", with: "\"\(version)\"") }
        }
        try await plugin.run(URL(filePath: "/usr/bin/env"), ["make", "-C", folder.path])
        return plugin
    }

    func change(_ file: String, _ change: (String) -> String) throws {
        let url = folder.appending(path: file)
        let text = try String(contentsOf: url, encoding: .utf8)
        let changed = change(text)
        guard changed != text else { throw ScenarioFailure("\(file) has nothing to change") }
        try changed.write(to: url, atomically: true, encoding: .utf8)
    }

    /// Packs the project.
    /// - Parameter key: the publisher's file, as `newKey` makes it; nobody signs without.
    func bundle(key: URL? = nil) async throws -> URL {
        let file = folder.appending(path: "packed-\(UUID().uuidString).nornplugin")
        let signing = key.map { ["--key", $0.path] } ?? []
        try await run(StagedTree.norn, ["component", "pack", folder.path, "--output", file.path] + signing)
        return file
    }

    /// Makes a key for a publisher, and gives its public half as sites know it.
    func newKey(_ name: String) async throws -> (file: URL, publisher: String) {
        let file = folder.appending(path: name)
        let made = try await Program.run(StagedTree.norn, ["key", "new", file.path, "--json"])
        guard made.status == 0,
            let answer = try JSONSerialization.jsonObject(with: Data(made.output.utf8)) as? [String: Any],
            let publisher = answer["publisher"] as? String
        else { throw ScenarioFailure("\(made.output) \(made.errors)") }
        return (file, publisher)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    private func run(_ program: URL, _ arguments: [String]) async throws {
        let run = try await Program.run(program, arguments)
        guard run.status == 0 else { throw ScenarioFailure("\(arguments): \(run.output) \(run.errors)") }
    }

    // MARK: Its job

    static var dsl: [String: Any] {
        [
            "components": [
                "reader_0": ["module": "Reader", "output": ["data": ["data"]]],
                "row_total_0": ["module": "RowTotal", "input": ["data": ["data": ["reader_0.data"]]]],
            ]
        ]
    }

    static func conf(minimumRows: Int = 1) -> [String: Any] {
        func reader(_ name: String) -> [String: Any] {
            ["0": ["reader_0": ["table": ["namespace": "example", "name": name]]]]
        }
        return [
            "dsl_version": 2, "initiator": ["role": "guest", "party_id": 9999],
            "role": ["guest": [9999], "host": [10000]],
            "component_parameters": [
                "common": ["row_total_0": ["minimum_rows": minimumRows]],
                "role": ["guest": reader("guest"), "host": reader("host")],
            ],
        ]
    }

    static func uploadTables(_ site: SiteUnderTest) async throws {
        for (name, party, rows) in [("guest", "9999", 3), ("host", "10000", 4)] {
            let text = "id,x\n" + (1...rows).map { "\($0),\($0)\n" }.joined()
            let answer = try await site.upload(text, name: name, party: party)
            guard (200..<300).contains(answer.status) else { throw ScenarioFailure("upload: \(answer.body)") }
        }
    }
}
