import NornManifest
import Testing

/// Manifests for tests: one that is right, and changes that make it wrong.
enum ManifestSamples {
    static let good: JSON = [
        "manifest": 1,
        "plugin": ["id": "norn.sample", "version": "0.1.0", "vendor": "Norn", "license": "Apache-2.0", "summary": "s"],
        "abi": ["generation": 1, "level_min": 1, "level_built": 1],
        "libraries": [["platform": "linux_x86_64_glibc", "path": "lib/libsample.so", "sha256": "<filled at stage>"]],
        "provider": ["name": "fate", "version": "1.11.3"],
        "components": [
            [
                "name": "HeteroLR", "aliases": ["heterolr", "LR"], "reference": "coordinated_lr", "summary": "s",
                "roles": ["arbiter", "guest", "host"],
                "parameters": [
                    "type": "object", "additionalProperties": false,
                    "properties": ["alpha": ["type": "number", "default": 1.0]],
                ],
                "contradictions": [
                    [
                        "field": "alpha", "when": ["type": "object", "properties": ["alpha": ["const": 0.5]]],
                        "message": "is never one half",
                    ]
                ],
                "needs_roles": ["guest", "host"],
                "inputs": [
                    ["name": "data", "kind": "table", "slots": ["train_data", "test_data"]],
                    ["name": "model", "kind": "model", "optional": true, "roles": ["guest", "host"]],
                ],
                "outputs": [["name": "data", "kind": "table"], ["name": "model", "kind": "model"]],
                "engines": ["local", "standalone"],
                "resources": [
                    "default": ["cores": 2, "cores_per_million_rows": 0.5], "arbiter": ["memory_bytes": 1000],
                ],
                "wire": [
                    [
                        "name": "public_key", "from": ["arbiter"], "to": ["guest", "host"], "kind": "object",
                        "class": "key", "max_bytes": 65536, "discloses": "nothing",
                    ]
                ],
                "discloses": ["the arbiter sees gradients in clear"],
                "permissions": [["extension": "norn.federation", "why": "gradients"]],
                "kernels": [["name": "gradient", "revision": 1]],
                "key_lengths": [
                    ["parameter": "encrypt_param.key_length", "when": [["parameter": "mode", "values": ["paillier"]]]]
                ],
            ]
        ],
        "engines": [["name": "sample", "summary": "s", "durable": true, "options": ["type": "object"]]],
    ]

    struct Bad: Sendable, CustomTestStringConvertible {
        var json: JSON
        var path: String
        var code: ManifestError.Code
        /// Whether the published schema can say it too.
        var schemaRefuses: Bool
        var testDescription: String { "\(path) \(code)" }
    }

    static let bad: [Bad] = [
        make([], 1, "", .wrongType), make(["manifest"], 2, "manifest", .unknownManifestNumber),
        make(["manifest"], nil, "manifest", .missing), make(["plugin"], [], "plugin", .wrongType),
        make(["plugin", "id"], nil, "plugin.id", .missing),
        make(["plugin", "id"], "a b", "plugin.id", .wrongValue, false),
        make(["plugin", "version"], "one", "plugin.version", .wrongValue, false),
        make(["plugin", "vendor"], .null, "plugin.vendor", .wrongType),
        make(["abi", "level_built"], -1, "abi.level_built", .wrongValue),
        make(["abi", "level_min"], 2, "abi.level_built", .wrongValue, false),
        make(["libraries"], [], "libraries", .limit),
        make(["libraries", 0, "path"], "", "libraries[0].path", .wrongValue),
        make(["libraries", 0, "path"], "../x.so", "libraries[0].path", .wrongValue, false),
        make(["libraries", 0, "path"], "/x.so", "libraries[0].path", .wrongValue, false),
        make(["libraries", 0, "path"], .string(String(repeating: "a", count: 5000)), "libraries[0].path", .limit),
        make(["libraries", 0, "sha256"], "abc", "libraries[0].sha256", .wrongValue, false),
        make(["components"], [:], "components", .wrongType),
        make(["components", 0, "name"], 7, "components[0].name", .wrongType),
        make(["components", 0, "roles"], [], "components[0].roles", .limit),
        make(["components", 0, "roles", 0], "judge", "components[0].roles[0]", .wrongValue),
        make(["components", 0, "roles", 0], "host", "components[0].roles[2]", .duplicate, false),
        make(["components", 0, "engines"], nil, "components[0].engines", .missing),
        make(["components", 0, "inputs", 0, "kind"], "row", "components[0].inputs[0].kind", .wrongValue),
        make(["components", 0, "inputs", 1, "name"], "data", "components[0].inputs", .duplicate, false),
        make(["components", 0, "inputs", 1, "optional"], 1, "components[0].inputs[1].optional", .wrongType),
        make(
            ["components", 0, "inputs", 1, "roles", 0], "local", "components[0].inputs[1].roles[0]", .wrongValue, false),
        make(
            ["components", 0, "resources", "default", "cores"], 0, "components[0].resources.default.cores", .wrongValue),
        make(["components", 0, "wire", 0, "class"], "secret", "components[0].wire[0].class", .wrongValue),
        make(["components", 0, "wire", 0, "max_bytes"], 0, "components[0].wire[0].max_bytes", .wrongValue),
        make(["components", 0, "kernels", 0, "revision"], nil, "components[0].kernels[0].revision", .missing),
        make(["components", 0, "parameters", "type"], "array", "components[0].parameters.type", .wrongValue),
        make(
            ["components", 0, "parameters", "properties", "alpha", "default"], "x",
            "components[0].parameters.properties.alpha.default", .wrongValue, false),
        make(
            ["components", 0, "parameters", "properties", "alpha", "format"], "x",
            "components[0].parameters.properties.alpha.format", .unknownKey, false),
        make(
            ["components", 0, "key_lengths", 0, "parameter"], 5, "components[0].key_lengths[0].parameter", .wrongType),
        make(["components", 0, "stop_grace_milliseconds"], -5, "components[0].stop_grace_milliseconds", .wrongValue),
        make(["engines", 0, "durable"], "yes", "engines[0].durable", .wrongType),
    ]

    private static func make(
        _ path: [any Sendable], _ value: JSON?, _ errorPath: String, _ code: ManifestError.Code,
        _ schemaRefuses: Bool = true
    ) -> Bad {
        Bad(json: changed(path, to: value), path: errorPath, code: code, schemaRefuses: schemaRefuses)
    }

    /// The good manifest with one place changed, or removed with nil.
    static func changed(_ path: [any Sendable], to value: JSON?) -> JSON { changed(good, path[...], value) ?? .null }

    private static func changed(_ json: JSON, _ path: ArraySlice<any Sendable>, _ value: JSON?) -> JSON? {
        guard let step = path.first else { return value }
        if let key = step as? String, var object = json.asObject {
            object[key] = changed(object[key] ?? .null, path.dropFirst(), value)
            return .object(object)
        }
        if let index = step as? Int, var array = json.asArray {
            array[index] = changed(array[index], path.dropFirst(), value) ?? .null
            return .array(array)
        }
        return value
    }
}
