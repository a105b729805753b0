import Foundation

/// Writes the ABI's header and bindings from its specification, or with `--check` says which of them are not what it
/// would write. Usage: norn-abi-generate [--check] CHECKOUT
@main struct Generate {
    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let onlyChecks = arguments.first == "--check"
        if onlyChecks { arguments.removeFirst() }
        guard arguments.count == 1 else { fail("usage: norn-abi-generate [--check] CHECKOUT", code: 64) }
        let root = URL(filePath: arguments[0])
        do {
            let differing = try outputs(root).filter { (try? String(contentsOf: $0.url, encoding: .utf8)) != $0.text }
            if onlyChecks {
                guard differing.isEmpty else {
                    fail("not as the specification says: \(differing.map(\.url.path).joined(separator: ", "))", code: 1)
                }
                return
            }
            for output in differing {
                try FileManager.default.createDirectory(
                    at: output.url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try output.text.write(to: output.url, atomically: true, encoding: .utf8)
                print("wrote \(output.url.path)")
            }
        } catch {
            fail("\(error)", code: 1)
        }
    }

    private static func outputs(_ root: URL) throws -> [(url: URL, text: String)] {
        let specification = try Specification.read(root.appending(path: "Sources/NornABI/spec/norn.json"))
        return [
            (
                root.appending(path: "Sources/NornABI/include/norn.h"),
                try HeaderWriter(specification: specification).text()
            ),
            (
                root.appending(path: "Sources/NornABI/cxx/norn.hpp"),
                CPlusPlusWriter(specification: specification).text()
            ),
            (
                root.appending(path: "Sources/NornABI/rust/norn_abi.rs"),
                try RustWriter(specification: specification).text()
            ),
            (
                root.appending(path: "Sources/NornABI/python/norn_abi.py"),
                try PythonWriter(specification: specification).text()
            ),
            (
                root.appending(path: "Sources/NornKit/Generated/ABI.swift"),
                SwiftWriter(specification: specification).text()
            ),
        ]
    }

    private static func fail(_ message: String, code: Int32) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(code)
    }
}
