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
            let specification = try Specification.read(root.appending(path: "Sources/NornABI/spec/norn.json"))
            try keepLocks(specification, root, onlyChecks: onlyChecks)
            let differing = try outputs(specification, root).filter {
                (try? String(contentsOf: $0.url, encoding: .utf8)) != $0.text
            }
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

    /// A level's lock is written once. From then on the specification has to give it again, byte for byte.
    private static func keepLocks(_ specification: Specification, _ root: URL, onlyChecks: Bool) throws {
        guard specification.level >= Specification.firstLevel else { return }
        for level in Specification.firstLevel...specification.level {
            let url = root.appending(path: "Sources/NornABI/lock/level-\(level).json")
            let text = try LevelLock(specification, level: level).text()
            guard let locked = try? String(contentsOf: url, encoding: .utf8) else {
                if onlyChecks { throw RuleBroken("\(url.path) is missing: run norn-abi-generate once") }
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try text.write(to: url, atomically: true, encoding: .utf8)
                print("locked \(url.path)")
                continue
            }
            guard locked == text else {
                throw RuleBroken(
                    "the specification no longer gives level \(level) as it was locked: \(difference(locked, text)). "
                        + "Append with a later \"since\", see Sources/NornABI/ABI.md")
            }
        }
    }

    private static func difference(_ locked: String, _ text: String) -> String {
        let lines = (locked.split(separator: "\n"), text.split(separator: "\n"))
        for (old, new) in zip(lines.0, lines.1) where old != new {
            return "\(old.trimmingCharacters(in: .whitespaces)) became \(new.trimmingCharacters(in: .whitespaces))"
        }
        return "\(lines.0.count) lines became \(lines.1.count)"
    }

    private static func outputs(_ specification: Specification, _ root: URL) throws -> [(url: URL, text: String)] {
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
