import Foundation

/// A site's keys and trusted peers in one file, apart from its backup: whoever has it can be the site.
struct BackupKeys: Codable {
    static let newestFormat = 1
    static let filesMaximum = 1024

    var format = BackupKeys.newestFormat
    /// Name -> content, as base64.
    var files: [String: Data]

    static func write(_ home: SiteHome, to target: URL) throws {
        var files: [String: Data] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: home.keys.path)) ?? [] {
            files[name] = try? Data(contentsOf: home.keys.appending(path: name))
        }
        guard !files.isEmpty else {
            throw SiteError("no_keys", "The site has no keys to keep", field: "keys", hint: "norn site init makes them")
        }
        try writePrivateFile(try JSONEncoder().encode(BackupKeys(files: files)), to: target, isDurable: true)
    }

    static func read(_ file: URL) throws -> BackupKeys {
        guard let data = try? Data(contentsOf: file) else {
            throw SiteError("keys_not_found", "The file \(file.path) cannot be read", field: "keys")
        }
        guard let keys = try? JSONDecoder().decode(BackupKeys.self, from: data), keys.format <= newestFormat,
            keys.files.count <= filesMaximum,
            keys.files.keys.allSatisfy({ !$0.isEmpty && !$0.contains("/") && !$0.hasPrefix(".") })
        else {
            throw SiteError("keys_damaged", "\(file.path) holds no keys of a site", field: "keys")
        }
        return keys
    }

    /// Puts them into a home that has none.
    func put(into home: SiteHome) throws {
        for (name, content) in files.sorted(by: { $0.key < $1.key }) {
            try writePrivateFile(content, to: home.keys.appending(path: name), isDurable: true)
        }
    }
}
