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

    /// Reads a file that must be there.
    static func read(existing file: URL) throws -> SiteSettings {
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw SiteError.notFound("settings file", file.path)
        }
        return try read(file)
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
            } else if known is [Any], let element = elements[field] {
                result[name] = try list(value, of: element, path: field, source: source)
            } else if known is [Any] {
                result[name] = (value as? [Any] ?? [value]).map { "\($0)" }
            } else {
                result[name] = value
            }
        }
        return result
    }

    /// Lists whose elements hold names with values, with what an element has by default.
    private static let elements: [String: [String: any Sendable]] = [
        "scheduling.limits": ["party": "", "partner": "", "jobs": 0, "cores": 0],
        "approval.rules": ["partner": "*", "components": [String](), "tables": [String](), "decision": ""],
    ]

    private static func list(
        _ value: Any, of element: [String: any Sendable], path: String, source: String
    ) throws -> [[String: Any]] {
        guard let given = value as? [Any] else {
            throw SiteError("invalid_settings", "\(path) is a list", field: path)
        }
        return try given.enumerated().map { index, value in
            guard let members = value as? [String: Any] else {
                throw SiteError("invalid_settings", "\(path)[\(index)] holds names with values", field: path)
            }
            var merged = try merge(members, over: element, path: "\(path)[\(index)]", source: source)
            // Party ids look like numbers.
            for (name, value) in merged where element[name] is String && value is Int { merged[name] = "\(value)" }
            return merged
        }
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
}
