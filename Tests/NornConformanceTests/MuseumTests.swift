import Foundation
import NornConformance
import Testing

/// Plugins that were built for a level long ago, kept as binaries, still keep the rules and still run, in this process
/// and in today's worker.
@Suite struct MuseumTests {
    static let folder = BadPlugin.root.appending(path: "Tests/Museum")
    static let levels = ["level-1"]
    static let languages = ["c", "cpp", "rust", "swift"]
    /// Manifest and digest, ELF, negotiation, description, a run, a fault, kernels, and a run in workers.
    static let rules = [101, 103, 202, 203, 401, 402, 403, 501, 601, 602, 901, 902, 904, 1001, 1101]

    @Test(arguments: levels, languages)
    func stillRuns(level: String, language: String) throws {
        let plugin = Self.folder.appending(path: "\(level)/\(language)").path
        let rules = Self.rules.compactMap { Rule.rule($0) }
        let report = try Check(program: BadPluginTests.program).run(on: plugin, rules: rules)
        for result in report.results { #expect(result.outcome == .passed, "\(result.text)") }
        let measured = try #require(report.results.first { $0.rule == 1101 })
        #expect(!measured.notes.contains { $0.contains("fails in workers") }, "\(measured.text)")
    }

    @Test func binariesAreSmallEnoughToKeep() throws {
        for language in Self.languages {
            let library = Self.folder.appending(path: "level-1/\(language)/libmuseum_\(language).so")
            let size = try FileManager.default.attributesOfItem(atPath: library.path)[.size] as? Int
            #expect((size ?? .max) < 10 << 20)
        }
    }
}
