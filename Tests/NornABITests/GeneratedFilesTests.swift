import Foundation
import Testing

/// Header and bindings are what the specification says, and every compiler that authors use takes them.
@Suite struct GeneratedFilesTests {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let header = root.appending(path: "Sources/NornABI/include/norn.h").path
    static let layer = root.appending(path: "Sources/NornABI/cxx/norn.hpp").path

    @Test func committedFilesAreWhatTheGeneratorWrites() throws {
        let generator = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "norn-abi-generate")
        let result = try Self.run(generator, ["--check", Self.root.path])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(arguments: [["-std=c11", "-x", "c"], ["-std=c17", "-x", "c"], ["-std=c++17", "-x", "c++"]])
    func headerCompilesWithoutAHole(language: [String]) throws {
        let result = try Self.run(
            URL(filePath: "/usr/bin/env"),
            ["clang"] + language + ["-Wall", "-Wextra", "-Wpadded", "-Werror", "-fsyntax-only", Self.header])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func layerForCPlusPlusCompiles() throws {
        let include = Self.root.appending(path: "Sources/NornABI/include").path
        let result = try Self.run(
            URL(filePath: "/usr/bin/env"),
            [
                "clang", "-std=c++17", "-x", "c++", "-Wall", "-Wextra", "-Werror", "-I", include, "-fsyntax-only",
                Self.layer,
            ])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func everyFunctionSaysWhichThreadMayCallIt() throws {
        let specification = try JSONSerialization.jsonObject(
            with: Data(contentsOf: Self.root.appending(path: "Sources/NornABI/spec/norn.json")))
        let structs = try #require((specification as? [String: Any])?["structs"] as? [[String: Any]])
        for item in structs {
            for field in try #require(item["fields"] as? [[String: Any]]) where field["function"] != nil {
                let name = "\(item["name"] ?? "").\(field["name"] ?? "")"
                #expect(field["thread"] is String, "\(name) names no thread")
                #expect((field["doc"] as? String)?.isEmpty == false, "\(name) says nothing")
            }
        }
    }

    static func run(_ program: URL, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
