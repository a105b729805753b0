import Foundation

/// The installed tree, found from the place of the running binary: `bin/norn`, `libexec/norn`, `lib/norn`,
/// `share/norn`.
public struct InstalledTree: Sendable {
    public let prefix: URL

    public init(prefix: URL) {
        self.prefix = prefix
    }

    /// The tree of this process.
    public static func current() -> InstalledTree {
        let link =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return InstalledTree(prefix: URL(filePath: link).deletingLastPathComponent().deletingLastPathComponent())
    }

    public var worker: URL { prefix.appending(path: "libexec/norn/norn-worker") }
    /// The program that tries one rule of the conformance kit on a plugin.
    public var ruleChecker: URL { prefix.appending(path: "libexec/norn/norn-check-rule") }
    public var plugins: URL { prefix.appending(path: "lib/norn/plugins") }
    /// Libraries that run plugins of other languages, by id.
    public var bridges: [String: String] {
        ["norn.python": prefix.appending(path: "lib/norn/bridges/libnorn_python.so").path]
    }
    public var share: URL { prefix.appending(path: "share/norn") }
    /// What authors of components build against.
    public var kit: URL { share.appending(path: "kit") }
    public var templates: URL { share.appending(path: "templates") }
    public var examples: URL { share.appending(path: "examples") }
}

/// The folders of one site.
public struct SiteHome: Sendable {
    public let root: URL

    public init(root: URL) {
        self.root = root.standardizedFileURL
    }

    /// `$XDG_DATA_HOME/norn`, or `~/.local/share/norn`.
    public static func standard(environment: [String: String] = ProcessInfo.processInfo.environment) -> SiteHome {
        if let folder = environment["NORN_HOME"], !folder.isEmpty { return SiteHome(root: URL(filePath: folder)) }
        if let folder = environment["XDG_DATA_HOME"], !folder.isEmpty {
            return SiteHome(root: URL(filePath: folder).appending(path: "norn"))
        }
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "/root"
        return SiteHome(root: URL(filePath: home).appending(path: ".local/share/norn"))
    }

    public var database: URL { root.appending(path: "norn.db") }
    public var settings: URL { root.appending(path: "site.yaml") }
    public var keys: URL { root.appending(path: "keys") }
    public var plugins: URL { root.appending(path: "plugins") }
    /// Folders of plugins that this site's people added.
    public var addedPlugins: URL { root.appending(path: "added-plugins") }
    /// Bundles that are renamed into it are installed.
    public var drop: URL { root.appending(path: "drop") }
    public var tables: URL { root.appending(path: "tables") }
    public var models: URL { root.appending(path: "models") }
    public var uploads: URL { root.appending(path: "uploads") }
    public var jobs: URL { root.appending(path: "jobs") }
    /// Empty folders for attempts to come.
    public var scratch: URL { root.appending(path: "scratch") }
    public var run: URL { root.appending(path: "run") }
    public var log: URL { root.appending(path: "log") }
    public var siteFile: URL { run.appending(path: "site.json") }
    public var tokenFile: URL { run.appending(path: "token") }
    public var lockFile: URL { run.appending(path: "lock") }
    /// Locked by every worker that lives.
    public var workersFile: URL { run.appending(path: "workers") }
    /// What the shared store knows this home by.
    public var storeMark: URL { root.appending(path: "store-home") }
    /// Where a scheduler that stands by tells of itself.
    public func standbyFile(pid: Int32) -> URL { run.appending(path: "standby-\(pid).json") }

    public func attempt(job: String, role: String, party: String, task: String, attempt: Int) -> URL {
        jobs.appending(path: "\(job)/\(role)_\(party)/\(task)/\(attempt)")
    }

    /// Makes every folder, readable by the owner alone.
    public func prepare() throws {
        for folder in [root, keys, plugins, drop, tables, models, uploads, jobs, scratch, run, log] {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
    }
}

/// What `<home>/run/site.json` tells a client on the same machine.
public struct SiteFile: Codable, Equatable, Sendable {
    public var address: String
    public var pid: Int32
    public var tokenFile: String

    enum CodingKeys: String, CodingKey {
        case address, pid
        case tokenFile = "token_file"
    }

    public init(address: String, pid: Int32, tokenFile: String) {
        self.address = address
        self.pid = pid
        self.tokenFile = tokenFile
    }

    public static func read(_ home: SiteHome) -> SiteFile? {
        guard let data = try? Data(contentsOf: home.siteFile) else { return nil }
        return try? JSONDecoder().decode(SiteFile.self, from: data)
    }
}

/// Writes a file that only its owner may read, in one step.
/// - Parameter isDurable: whether its bytes are on the disk before it has its name.
public func writePrivateFile(_ data: Data, to url: URL, isDurable: Bool = false) throws {
    let temporary = url.appendingPathExtension("new")
    try? FileManager.default.removeItem(at: temporary)
    guard
        FileManager.default.createFile(
            atPath: temporary.path, contents: data, attributes: [.posixPermissions: 0o600])
    else {
        throw SiteError("file_not_written", "The file \(url.path) cannot be written", hint: "Check the folder's owner")
    }
    if isDurable {
        let handle = try FileHandle(forWritingTo: temporary)
        defer { try? handle.close() }
        try handle.synchronize()
    }
    guard rename(temporary.path, url.path) == 0 else {
        throw SiteError("file_not_written", "The file \(url.path) cannot be replaced")
    }
}
