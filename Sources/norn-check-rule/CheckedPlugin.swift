import Foundation
import NornManifest
import NornRegistry

/// The plugin that is checked, as its author has it: a folder with a manifest, or a library perhaps beside one.
struct CheckedPlugin: Sendable {
    private static let manifestBytesMaximum = 1 << 20
    private static let casesBytesMaximum = 4 << 20

    /// The folder that has the manifest, without symbolic links.
    let folder: String
    /// Nil: there is no manifest, and a library is checked alone.
    let decoded: DecodedManifest?
    let library: String
    /// The manifest's digest of the library; nil when it names none.
    let declaredDigest: String?

    var manifest: Manifest? { decoded?.manifest }

    init(path: String) throws {
        var isFolder: ObjCBool = false
        let real = URL(filePath: path).resolvingSymlinksInPath().path
        guard FileManager.default.fileExists(atPath: real, isDirectory: &isFolder) else {
            throw TrialError("\(path) is not there")
        }
        folder = isFolder.boolValue ? real : URL(filePath: real).deletingLastPathComponent().path
        let file = "\(folder)/manifest.json"
        if FileManager.default.fileExists(atPath: file) {
            decoded = try Manifest.decode(try Self.read(file, maximum: Self.manifestBytesMaximum))
        } else {
            decoded = nil
            if isFolder.boolValue { throw TrialError("\(folder) has no manifest.json") }
        }
        let declared = decoded?.manifest.library(for: AdmissionRules.builtPlatform)
        declaredDigest = declared?.sha256
        if !isFolder.boolValue {
            library = real
        } else if let declared {
            library = "\(folder)/\(declared.path)"
        } else {
            throw TrialError("the manifest has no library for \(AdmissionRules.builtPlatform)")
        }
    }

    func libraryBytes() throws -> [UInt8] {
        try Self.read(library, maximum: AdmissionRules().libraryBytesMaximum)
    }

    /// The cases of check.json, or those that are made up when there is none.
    func cases() throws -> CheckCases {
        let file = "\(folder)/check.json"
        let bytes =
            FileManager.default.fileExists(atPath: file) ? try Self.read(file, maximum: Self.casesBytesMaximum) : nil
        guard let manifest else { throw TrialError("there is no manifest") }
        return try CheckCases(bytes: bytes, manifest: manifest, folder: folder)
    }

    static func read(_ path: String, maximum: Int) throws -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else { throw TrialError("\(path) cannot be read") }
        defer { try? file.close() }
        let data = try file.read(upToCount: maximum + 1) ?? Data()
        guard data.count <= maximum else { throw TrialError("\(path) has more than \(maximum) bytes") }
        return Array(data)
    }
}
