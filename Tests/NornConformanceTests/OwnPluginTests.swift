import Foundation
import NornConformance
import Testing

/// Norn's own components and engines keep every rule.
@Suite struct OwnPluginTests {
    /// Runs that the rules on cancelling and failing make for one party here; `norn component check` makes more.
    static let runs = 2

    struct Plugin: Sendable, CustomTestStringConvertible {
        let folder: String
        let library: String
        var testDescription: String { folder }
    }

    static let plugins = [
        Plugin(folder: "components/count", library: "libnorn_count.so"),
        Plugin(folder: "components/data", library: "libnorn_data.so"),
        Plugin(folder: "components/evaluation", library: "libnorn_evaluation.so"),
        Plugin(folder: "components/feature", library: "libnorn_feature.so"),
        Plugin(folder: "components/intersect", library: "libnorn_intersect.so"),
        Plugin(folder: "components/linear", library: "libnorn_linear.so"),
        Plugin(folder: "components/toy", library: "libnorn_toy.so"),
        Plugin(folder: "Plugins/local", library: "libnorn_engine_local.so"),
        Plugin(folder: "Plugins/standalone", library: "libnorn_engine_standalone.so"),
    ]

    @Test(arguments: plugins)
    func keepsEveryRule(plugin: Plugin) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-own-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = BadPlugin.root.appending(path: plugin.folder)
        for name in ["manifest.json", "check.json"] {
            let file = source.appending(path: name)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            try FileManager.default.copyItem(at: file, to: folder.appending(path: name))
        }
        let built = URL(filePath: BadPluginTests.program).deletingLastPathComponent()
        try FileManager.default.copyItem(
            at: built.appending(path: plugin.library), to: folder.appending(path: plugin.library))
        var options = Check.Options()
        options.runsMaximum = Self.runs
        let report = try Check(program: BadPluginTests.program, options: options).run(on: folder.path)
        for result in report.results { #expect(result.outcome != .failed, "\(result.text)") }
        // Skipped is what a plugin without components, or without kernels, has nothing for.
        let isEngine = plugin.folder.hasPrefix("Plugins")
        #expect(report.count(.skipped) <= (isEngine ? 22 : 7))
        #expect(report.count(.passed) >= (isEngine ? 15 : 30))
    }
}
