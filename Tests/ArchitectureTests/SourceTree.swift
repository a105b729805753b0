import Foundation

/// The checkout as text: what the tests of this target look at.
enum SourceTree {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    struct File {
        /// Path below the checkout's root, with `/` between its parts.
        let path: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

        /// The modules that a Swift file imports.
        var imports: Set<String> {
            let words = lines.compactMap { line -> String? in
                // Most lines are none, and matching is slow in a debug build.
                guard line.contains("import ") else { return nil }
                guard
                    let match = line.firstMatch(
                        of:
                            #/^\s*(?:@\w+(?:\([^)]*\))?\s+|public\s+|internal\s+)*import\s+(?:struct\s+|class\s+|enum\s+|func\s+|protocol\s+)?(\w+)/#
                    )
                else { return nil }
                return String(match.1)
            }
            return Set(words)
        }
    }

    /// The files below `folder` with one of these endings, in path order.
    static func files(_ folder: String, endings: Set<String>) throws -> [File] {
        let base = root.appending(path: folder)
        guard let walk = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil) else { return [] }
        var found: [File] = []
        for case let url as URL in walk where endings.contains(url.pathExtension) {
            let path = String(url.path.dropFirst(root.path.count + 1))
            found.append(File(path: path, text: try String(contentsOf: url, encoding: .utf8)))
        }
        return found.sorted { $0.path < $1.path }
    }
}
