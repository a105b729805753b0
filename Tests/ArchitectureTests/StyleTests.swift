import Foundation
import Testing

/// What the formatter cannot see: file lengths, names and promises that want a proof.
@Suite struct StyleTests {
    static let folders = ["Sources", "Plugins", "components"]
    static let fileLineLimit = 500
    static let fewLongFiles = 6
    static let forbiddenNames = ["Util", "Utils", "Common", "Helper", "Helpers", "Manager"]

    static func sources(_ endings: Set<String> = ["swift", "c", "h", "hpp"]) throws -> [SourceTree.File] {
        try folders.flatMap { try SourceTree.files($0, endings: endings) }
            .filter { !$0.path.contains("/Generated/") && !$0.path.hasPrefix("Sources/NornABI/include/") }
    }

    @Test func fewFilesAreLong() throws {
        let long = try Self.sources().filter { $0.lines.count > Self.fileLineLimit }.map {
            "\($0.path) \($0.lines.count)"
        }
        #expect(long.count <= Self.fewLongFiles, "over \(Self.fileLineLimit) lines: \(long.joined(separator: "; "))")
    }

    @Test func noFileIsADrawerForEverything() throws {
        for file in try Self.sources() {
            let name =
                String(file.path.split(separator: "/").last ?? "").split(separator: ".").first.map(String.init) ?? ""
            for forbidden in Self.forbiddenNames {
                #expect(
                    !name.hasSuffix(forbidden) && !name.hasSuffix(forbidden.lowercased()),
                    "\(file.path): a name that says nothing")
            }
        }
    }

    @Test func uncheckedPromisesAreProved() throws {
        for file in try Self.sources(["swift"]) {
            for (number, line) in file.lines.enumerated()
            where line.contains("@unchecked") || line.contains("try!") || line.contains("nonisolated(unsafe)") {
                let before = file.lines[max(0, number - 6)...number].contains { $0.contains("//") }
                #expect(before, "\(file.path):\(number + 1) promises without a sentence that proves it")
            }
        }
    }

    @Test func nothingIsLeftToDo() throws {
        for file in try Self.sources() {
            for (number, line) in file.lines.enumerated() {
                #expect(!line.contains("TODO") && !line.contains("FIXME"), "\(file.path):\(number + 1) is not done")
            }
        }
    }
}
