import Foundation
import Testing

/// What the built files show to others: a plugin its entry, the worker nothing.
@Suite struct GoldenSymbolTests {
    static let plugins = [
        "norn_engine_local", "norn_engine_standalone", "norn_data", "norn_intersect", "norn_linear", "norn_evaluation",
        "norn_toy", "norn_count", "norn_python",
    ]

    private func definedSymbols(_ name: String) throws -> [String] {
        let file = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: name)
        let result = try GeneratedFilesTests.run(
            URL(filePath: "/usr/bin/env"), ["nm", "-D", "--defined-only", "--format=posix", file.path])
        try #require(result.status == 0, "\(result.output)")
        // Name and type; the types of local symbols, which debug builds leave in the table, are in lower case.
        return result.output.split(separator: "\n").map { $0.split(separator: " ") }
            .filter { $0.count > 1 && $0[1].first?.isUppercase == true }.map { String($0[0]) }
    }

    @Test(arguments: plugins)
    func aPluginShowsItsEntryAlone(name: String) throws {
        #expect(try definedSymbols("lib\(name).so") == ["norn_plugin_entry_1"])
    }

    /// A symbol of the worker would take the place of a plugin's own of the same name.
    @Test func theWorkerShowsNothingOfNorns() throws {
        let symbols = try definedSymbols("norn-worker")
        #expect(symbols.filter { $0.hasPrefix("norn_") || $0.hasPrefix("$s") || $0.hasPrefix("swift_") }.isEmpty)
    }
}
