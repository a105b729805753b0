import NornManifest
import Testing

@Suite("Parameter schemas")
struct ParameterSchemaTests {
    static let schema = try! ParameterSchema(  // proved by every test here: the schema is a constant
        json: [
            "type": "object", "additionalProperties": false,
            "properties": [
                "penalty": ["type": ["string", "null"], "enum": ["L1", "L2", nil], "default": "L2"],
                "alpha": ["type": "number", "minimum": 0, "default": 1.0],
                "max_iter": ["type": "integer", "minimum": 1, "maximum": 1000, "default": 100],
                "batch_size": ["anyOf": [["const": -1], ["type": "integer", "minimum": 10]], "default": -1],
                "columns": ["type": "array", "items": ["type": "string", "minLength": 1], "maxItems": 3],
                "optimizer": [
                    "type": "object", "additionalProperties": false, "default": [:],
                    "properties": ["learning_rate": ["type": "number", "exclusiveMinimum": 0, "default": 0.01]],
                ],
                "encrypt": [
                    "oneOf": [
                        ["type": "null"],
                        [
                            "type": "object", "additionalProperties": false,
                            "properties": ["key_length": ["type": "integer", "multipleOf": 8, "default": 2048]],
                        ],
                    ], "default": [:],
                ],
                "free": ["type": "object", "additionalProperties": ["type": "integer"]],
            ],
        ])

    @Test("Defaults are filled in, in nested objects and alternatives too")
    func defaults() {
        let expected: JSON = [
            "penalty": "L2", "alpha": 1.0, "max_iter": 100, "batch_size": -1, "optimizer": ["learning_rate": 0.01],
            "encrypt": ["key_length": 2048],
        ]
        #expect(JSON.object(Self.schema.defaults) == expected)
    }

    @Test("Given values stay, and their objects get the defaults that they lack")
    func given() {
        let resolution = Self.schema.resolve(["penalty": nil, "max_iter": 5.0, "encrypt": nil, "free": ["x": 1]])
        #expect(resolution.problems.isEmpty)
        #expect(resolution.value["penalty"] == .null)
        #expect(resolution.value["max_iter"] == .int(5))
        #expect(resolution.value["encrypt"] == .null)
        #expect(resolution.value["free"] == ["x": 1])
    }

    @Test(
        "A wrong value is named with its path",
        arguments: [
            (["alpha": "high"], "alpha", ParameterProblem.Code.wrongType), (["alpha": -1], "alpha", .outOfRange),
            (["max_iter": 2.5], "max_iter", .wrongType), (["max_iter": 0], "max_iter", .outOfRange),
            (["max_iter": true], "max_iter", .wrongType), (["penalty": "L3"], "penalty", .notAllowed),
            (["optimizer": ["learning_rate": 0]], "optimizer.learning_rate", .outOfRange),
            (["optimizer": ["learning_rat": 1]], "optimizer.learning_rat", .unknown),
            (["columns": ["a", ""]], "columns[1]", .wrongLength),
            (["columns": ["a", "b", "c", "d"]], "columns", .wrongLength),
            (["batch_size": 5], "batch_size", .noAlternativeFits),
            (["encrypt": ["key_length": 1001]], "encrypt.key_length", .outOfRange),
            (["encrypt": ["key_length": "x"]], "encrypt.key_length", .wrongType),
            (["free": ["x": "y"]], "free.x", .wrongType), ([], "", .wrongType),
        ] as [(JSON, String, ParameterProblem.Code)])
    func wrong(given: JSON, path: String, code: ParameterProblem.Code) {
        let problems = Self.schema.problems(of: given)
        #expect(problems.map(\.path) == [path])
        #expect(problems.map(\.code) == [code])
    }

    @Test("An unknown parameter is refused with the nearest name")
    func nearest() {
        let problem = Self.schema.problems(of: ["max_itr": 5]).first
        #expect(problem?.nearest == "max_iter")
        #expect(problem?.description.contains("Did you mean \"max_iter\"?") == true)
        #expect(Self.schema.problems(of: ["zzzzzzzz": 5]).first?.nearest == nil)
    }

    @Test("All problems are reported, up to a limit")
    func several() {
        #expect(Self.schema.problems(of: ["alpha": -1, "max_iter": 0, "nope": 1]).count == 3)
        let many = JSON.object(JSONObject((0..<100).map { ("unknown\($0)", JSON.null) }))
        #expect(Self.schema.problems(of: many).count == 32)
    }

    @Test(
        "A schema that says what is not understood is refused",
        arguments: [
            (["pattern": "x"], "pattern", ManifestError.Code.unknownKey), (["type": "float"], "type", .wrongValue),
            (["type": 1], "type", .wrongType), (["enum": []], "enum", .limit),
            (["minimum": "1"], "minimum", .wrongType),
            (["type": "integer", "default": "x"], "default", .wrongValue),
            (["properties": ["a": ["items": ["typ": 1]]]], "properties.a.items.typ", .unknownKey),
            (["required": ["b"], "additionalProperties": false], "required", .wrongValue),
        ] as [(JSON, String, ManifestError.Code)])
    func badSchemas(json: JSON, path: String, code: ManifestError.Code) {
        let error = #expect(throws: ManifestError.self) { try ParameterSchema(json: json) }
        #expect(error?.path == path)
        #expect(error?.code == code)
    }

    @Test("The nearest name counts swaps, case and missing letters, and stays silent on strangers")
    func names() {
        #expect(NearestName.find("heterolr", in: ["HeteroLinR", "HeteroLR"]) == "HeteroLR")
        #expect(NearestName.find("Inetrsection", in: ["Intersection", "Evaluation"]) == "Intersection")
        #expect(NearestName.find("Banana", in: ["Intersection", "Evaluation"]) == nil)
        #expect(NearestName.find("x", in: ["ab"]) == nil)
    }
}

@Suite("Parameters that FATE takes in any case, and those that cannot be had together")
struct ParameterContradictionTests {
    @Test("Texts are allowed in capitals or not, and nothing else is")
    func texts() throws {
        let schema = try ParameterSchema(
            json: ["type": ["string", "null"], "enumIgnoringCase": ["L1", "None"], "default": "L1"])
        #expect(schema.problems(of: "l1").isEmpty && schema.problems(of: "NONE").isEmpty)
        #expect(schema.problems(of: nil as JSON).isEmpty)
        let problem = try #require(schema.problems(of: "L2", at: "penalty").first)
        #expect(problem.code == .notAllowed && problem.path == "penalty" && problem.remedy.contains("\"L1\""))
        #expect(throws: ManifestError.self) { try ParameterSchema(json: ["enumIgnoringCase": []]) }
    }

    @Test("A contradiction holds where all that it names is there and fits")
    func contradictions() throws {
        let contradiction = ParameterContradiction(
            field: "a.b",
            schema: try ParameterSchema(
                json: ["properties": ["a": ["properties": ["b": ["const": true]]], "c": ["const": nil]]]),
            message: "does not go with c")
        #expect(contradiction.holds(["a": ["b": true], "c": nil, "d": 1]))
        #expect(!contradiction.holds(["a": ["b": false], "c": nil]))
        #expect(!contradiction.holds(["a": ["b": true], "c": 3]))
        #expect(!contradiction.holds(["a": [:], "c": nil]) && !contradiction.holds(["a": ["b": true]]))
    }
}
