import Foundation
import NornManifest
import Testing

/// The published JSON Schema, the decoder and the manifests that are shipped say the same.
@Suite("Published manifest schema")
struct PublishedSchemaTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func json(_ path: String) throws -> JSON {
        try JSON(parsing: [UInt8](Data(contentsOf: root.appending(path: path))))
    }

    static func schema() throws -> ParameterSchema {
        try ParameterSchema(json: json("conf/schemas/manifest.schema.json"))
    }

    static let shipped = files(named: "manifest.json", in: ["components", "Plugins"])
    static let cases = files(named: "check.json", in: ["components", "Plugins", "conf/templates"])

    private static func files(named name: String, in folders: [String]) -> [String] {
        folders.flatMap { folder in
            let path = root.appending(path: folder).path()
            let inside = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            return inside.sorted().map { "\(folder)/\($0)/\(name)" }
                .filter { FileManager.default.fileExists(atPath: root.appending(path: $0).path()) }
        }
    }

    @Test("Every shipped manifest fits the schema and the decoder, without a warning", arguments: shipped)
    func shippedManifests(path: String) throws {
        let json = try Self.json(path)
        // A plugin that is laid out but not yet written has an empty object here.
        if json == [:] { return }
        #expect(try Self.schema().problems(of: json).isEmpty)
        #expect(try Manifest.decode(json).warnings.isEmpty)
    }

    @Test("Every shipped check.json fits its schema", arguments: cases)
    func shippedCases(path: String) throws {
        let schema = try ParameterSchema(json: Self.json("conf/schemas/check.schema.json"))
        #expect(try schema.problems(of: Self.json(path)).isEmpty)
        #expect(!schema.problems(of: ["case": []]).isEmpty)
    }

    @Test("SECURITY.md says what every shipped component discloses", arguments: shipped)
    func security(path: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: "SECURITY.md"), encoding: .utf8)
        for component in try Self.json(path)["components"]?.asArray ?? [] {
            for sentence in component["discloses"]?.asArray?.compactMap(\.asString) ?? [] {
                #expect(text.contains("- \(sentence)\n"), "\(component["name"]?.asString ?? ""): \(sentence)")
            }
        }
    }

    @Test("There are shipped manifests to check")
    func someAreShipped() { #expect(!Self.shipped.isEmpty && !Self.cases.isEmpty) }

    @Test("The schema takes what the decoder takes")
    func good() throws {
        #expect(try Self.schema().problems(of: ManifestSamples.good).isEmpty)
    }

    @Test("The schema refuses what the decoder refuses, as far as a schema can say it", arguments: ManifestSamples.bad)
    func bad(sample: ManifestSamples.Bad) throws {
        #expect(try Self.schema().problems(of: sample.json).isEmpty != sample.schemaRefuses)
    }

    @Test("The schema lists every key of the whole manifest")
    func keys() throws {
        let schema = try Self.schema()
        func compare(_ json: JSON, _ schema: ParameterSchema, _ path: String) throws {
            if let object = json.asObject, !schema.properties.isEmpty, !path.hasSuffix("parameters") {
                for (key, value) in object.members {
                    let property = try #require(schema.properties[key], "\(path).\(key)")
                    try compare(value, property, "\(path).\(key)")
                }
            }
            if let items = schema.items { for element in json.asArray ?? [] { try compare(element, items, path) } }
        }
        try compare(ManifestSamples.good, schema, "")
    }

    @Test("The schema takes a plugin in Python, and asks for a library or for Python")
    func python() throws {
        var json = try #require(ManifestSamples.good.asObject)
        json["libraries"] = nil
        #expect(try !Self.schema().problems(of: .object(json)).isEmpty)
        json["files"] = [["path": "component.py", "sha256": ""]]
        json["python"] = ["bridge": "norn.python", "file": "component.py"]
        #expect(try Self.schema().problems(of: .object(json)).isEmpty)
    }
}
