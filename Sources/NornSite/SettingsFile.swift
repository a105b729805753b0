import Foundation
import NornManifest
import Yams

/// Settings as they stand in a YAML file: read, checked by name and type, and laid over the defaults.
extension SiteSettings {
    /// Names that a file spells with underscores (`port`, `lease_seconds`).
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return encoder
    }()

    /// Reads a file; a missing file gives the defaults.
    public static func read(_ file: URL) throws -> SiteSettings {
        guard FileManager.default.fileExists(atPath: file.path) else { return SiteSettings() }
        return try parse(String(contentsOf: file, encoding: .utf8), source: file.lastPathComponent)
    }

    /// Lays a YAML text over the defaults.
    public static func parse(_ yaml: String, source: String = "site.yaml") throws -> SiteSettings {
        let given: Any?
        do {
            given = try Yams.load(yaml: yaml)
        } catch {
            throw SiteError("invalid_settings", "\(source) is not YAML", hint: String("\(error)".prefix(200)))
        }
        guard let given else { return SiteSettings() }
        guard let members = given as? [String: Any] else {
            throw SiteError("invalid_settings", "\(source) must hold names with values")
        }
        let merged = try merge(members, over: defaults(), path: "", source: source)
        return try decode(merged, source: source)
    }

    /// The defaults as names and values, as the file spells them.
    public static func defaults() throws -> [String: Any] {
        let data = try encoder.encode(SiteSettings())
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    private static func merge(
        _ given: [String: Any], over base: [String: Any], path: String, source: String
    ) throws -> [String: Any] {
        var result = base
        for (name, value) in given {
            let field = path.isEmpty ? name : "\(path).\(name)"
            guard let known = base[name] else {
                let near = NearestName.find(name, in: base.keys)
                throw SiteError(
                    "unknown_setting", "\(source) has no setting \(field)", field: field,
                    hint: near.map { "Did you mean \($0)?" } ?? "The settings are in share/norn/conf/site.yaml")
            }
            if let section = known as? [String: Any] {
                guard let members = value as? [String: Any] else {
                    throw SiteError("invalid_settings", "\(field) holds names with values", field: field)
                }
                result[name] = try merge(members, over: section, path: field, source: source)
            } else if known is [Any] {
                result[name] = (value as? [Any] ?? [value]).map { "\($0)" }
            } else {
                result[name] = value
            }
        }
        return result
    }

    private static func decode(_ members: [String: Any], source: String) throws -> SiteSettings {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            let data = try JSONSerialization.data(withJSONObject: members)
            let settings = try decoder.decode(SiteSettings.self, from: data)
            try settings.check()
            return settings
        } catch let error as DecodingError {
            let field = fieldName(error)
            throw SiteError("invalid_settings", "\(source): the value of \(field) has the wrong type", field: field)
        }
    }

    private static func fieldName(_ error: DecodingError) -> String {
        let path: [any CodingKey] =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                context.codingPath
            case .keyNotFound(let key, let context): context.codingPath + [key]
            @unknown default: []
            }
        return path.map(\.stringValue).joined(separator: ".")
    }

    /// Refuses values that no site can run with.
    public func check() throws {
        func require(_ condition: Bool, _ field: String, _ message: String) throws {
            guard condition else { throw SiteError("invalid_settings", message, field: field) }
        }
        try require(!parties.isEmpty, "parties", "A site serves at least one party; any serves every party")
        try require((0...65535).contains(http.port), "http.port", "A port is a number from 0 to 65535")
        try require((0...65535).contains(federation.port), "federation.port", "A port is a number from 0 to 65535")
        try require(
            ["token", "none"].contains(http.authentication), "http.authentication", "It is token or none")
        try require(jobs.partitions > 0 && jobs.partitions <= 1024, "jobs.partitions", "It is a number from 1 to 1024")
        try require(resources.cores >= 0, "resources.cores", "It is 0 (all cores) or more")
        try require(
            (1...64).contains(resources.attemptsPerCore), "resources.attempts_per_core", "It is a number from 1 to 64")
        try require(resources.memoryMegabytes >= 0, "resources.memory_megabytes", "It is 0 (most of it) or more")
        try require(
            ["trace", "debug", "info", "notice", "warning", "error", "critical"].contains(logs.level), "logs.level",
            "It is trace, debug, info, notice, warning, error or critical")
    }

    /// Refuses a listener that the whole network could use without saying who it is.
    public func checkListener() throws {
        guard !Self.isLoopback(http.host) else { return }
        guard http.authentication == "token" else {
            throw SiteError(
                "listener_without_authentication",
                "The listener \(http.host) is not loopback, so every caller must show a token",
                field: "http.authentication",
                hint: "Set http.authentication to token, or listen on 127.0.0.1")
        }
        guard !servesAnyParty else {
            throw SiteError(
                "listener_for_any_party",
                "The listener \(http.host) is not loopback, so the site must name the parties it serves",
                field: "parties", hint: "Start it with --parties 9999,10000")
        }
    }

    public static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
