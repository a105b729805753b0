import Foundation
import NornManifest
import NornSite

/// What `norn component check` hands to the kit: the path as it was given, or for a plugin in Python a copy of its
/// folder with the bridge beside the manifest, as the store of a site has it.
struct CheckedProject {
    /// A folder or a library.
    let path: String
    private let copy: URL?

    init(_ path: String, bridges: [String: String]) throws {
        let folder = URL(filePath: path).resolvingSymlinksInPath()
        guard let text = FileManager.default.contents(atPath: folder.appending(path: "manifest.json").path),
            // The kit says what is wrong with a manifest.
            let python = try? Manifest.decode(Array(text)).manifest.python
        else {
            (self.path, copy) = (path, nil)
            return
        }
        guard let bridge = bridges[python.bridge] else {
            throw SiteError(
                "bridge_not_found", "This Norn has no bridge \(python.bridge)", field: "python.bridge",
                hint: bridges.keys.sorted().joined(separator: ", "))
        }
        let copy = FileManager.default.temporaryDirectory.appending(path: "norn-check-\(UUID().uuidString)")
        do {
            try FileManager.default.copyItem(at: folder, to: copy)
            let library = copy.appending(path: URL(filePath: bridge).lastPathComponent)
            try? FileManager.default.removeItem(at: library)
            try FileManager.default.copyItem(at: URL(filePath: bridge), to: library)
            (self.path, self.copy) = (library.path, copy)
        } catch {
            try? FileManager.default.removeItem(at: copy)
            throw SiteError(
                "file_not_written", "\(path) cannot be copied to \(copy.path)", field: "path",
                hint: "Make room there, or set TMPDIR to another folder")
        }
    }

    func remove() {
        if let copy { try? FileManager.default.removeItem(at: copy) }
    }
}
