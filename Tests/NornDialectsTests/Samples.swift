import NornDialects
import NornFlow
import NornManifest

/// A catalogue, a DSL and a conf of this project's own, for tests.
enum Samples {
    static let catalogue = Catalogue(manifests: [manifest])

    private static let manifest = try! Manifest.decode(  // proved by every test here: the manifest is a constant
        [
            "manifest": 1, "plugin": ["id": "norn.sample", "version": "0.1.0"],
            "abi": ["generation": 1, "level_min": 1, "level_built": 1],
            "libraries": [["platform": "linux_x86_64_glibc", "path": "libsample.so"]],
            "provider": ["name": "fate", "version": "1.11.3"],
            "components": [reader, transform, intersection, lr, evaluation],
            "engines": [["name": "local"], ["name": "standalone"]],
        ]).manifest

    static let dsl: JSON = [
        "components": [
            "reader_0": ["module": "Reader", "output": ["data": ["data"]]],
            "transform_0": [
                "module": "DataTransform", "input": ["data": ["data": ["reader_0.data"]]],
                "output": ["data": ["data"], "model": ["model"]],
            ],
            "psi_0": [
                "module": "intersection", "input": ["data": ["data": ["transform_0.data"]]],
                "output": ["data": ["train"]],
            ],
            "lr_0": [
                "module": "HeteroLR", "provider": "fate", "input": ["data": ["train_data": ["psi_0.train"]]],
                "output": ["data": ["data"], "model": ["model"]],
            ],
            "lr_1": [
                "module": "heterolr",
                "input": ["data": ["test_data": ["psi_0.train"]], "model": ["lr_0.model"]],
                "output": ["data": ["data"]],
            ],
            "evaluation_0": ["module": "Evaluation", "input": ["data": ["data": ["lr_0.data", "lr_1.data"]]]],
        ]
    ]

    static let conf: JSON = [
        "dsl_version": 2, "initiator": ["role": "guest", "party_id": 9999],
        "role": ["arbiter": [10002], "host": [10000, "10001"], "guest": [9999]],
        "job_parameters": ["common": ["job_type": "train", "task_parallelism": 2, "computing_engine": "STANDALONE"]],
        "component_parameters": [
            "common": [
                "transform_0": ["missing_fill": true],
                "lr_0": ["alpha": 0.01, "optimizer": ["name": "adam"], "max_iter": 5],
            ],
            "role": [
                "guest": [
                    "0": [
                        "reader_0": ["table": ["name": "g", "namespace": "n"]], "transform_0": ["with_label": true],
                        "lr_0": ["optimizer": ["rate": 0.5]],
                    ]
                ],
                "host": [
                    "0|1": ["transform_0": ["with_label": false]],
                    "all": ["reader_0": ["table": ["name": "h", "namespace": "n"]]],
                    "1": ["reader_0": ["table": ["name": "h1"]], "lr_0": ["max_iter": 7]],
                ],
            ],
        ],
    ]

    static func parse(dsl: JSON? = dsl, conf: JSON = conf) throws(DialectRefusal) -> ParsedJob {
        try FATE1Dialect.parse(
            dsl: dsl, conf: conf, id: "2026112320000000000010", submitter: "tester", catalogue: catalogue)
    }

    /// The value with one place changed, or removed with nil.
    static func changed(_ json: JSON, _ path: [String], to value: JSON?) -> JSON {
        changed(json, path[...], value) ?? .null
    }

    private static func changed(_ json: JSON, _ path: ArraySlice<String>, _ value: JSON?) -> JSON? {
        guard let step = path.first else { return value }
        var object = json.asObject ?? JSONObject()
        object[step] = changed(object[step] ?? .null, path.dropFirst(), value)
        return .object(object)
    }

    private static let reader = component(
        "Reader", ["guest", "host"],
        [
            "table": [
                "type": "object", "properties": ["name": ["type": "string"], "namespace": ["type": "string"]],
                "required": ["name"],
            ]
        ], inputs: [("data", .table, ["data"], false)], outputs: [("data", .table)], required: ["table"])
    private static let transform = component(
        "DataTransform", ["guest", "host"],
        [
            "with_label": ["type": "boolean", "default": false], "missing_fill": ["type": "boolean", "default": false],
            "need_run": ["type": "boolean", "default": true],
        ], inputs: [("data", .table, ["data"], false), ("model", .model, [], true)],
        outputs: [("data", .table), ("model", .model)])
    private static let intersection = component(
        "Intersection", ["guest", "host"], [:],
        inputs: [("data", .table, ["data"], false), ("cache", .cache, [], true)],
        outputs: [("data", .table), ("cache", .cache)])
    private static let lr = component(
        "HeteroLR", ["guest", "host", "arbiter"],
        [
            "penalty": ["type": "string", "enum": ["L1", "L2"], "default": "L2"],
            "alpha": ["type": "number", "minimum": 0, "default": 1.0],
            "max_iter": ["type": "integer", "minimum": 1, "default": 100],
            "precision": [
                "type": ["integer", "null"], "default": 23, "description": "accepted, no effect: it is always exact",
            ],
            "optimizer": [
                "type": "object", "additionalProperties": false, "default": [:],
                "properties": [
                    "name": ["type": "string", "default": "rmsprop"], "rate": ["type": "number", "default": 0.01],
                    "mode": [
                        "type": "string", "default": "strict", "description": "accepted, no effect, as precision",
                    ],
                ],
            ],
        ],
        inputs: [
            ("data", .table, ["train_data", "validate_data", "test_data"], false), ("model", .model, [], true),
        ], outputs: [("data", .table), ("model", .model)])
    private static let evaluation = component(
        "Evaluation", ["guest", "host", "arbiter"], ["eval_type": ["type": "string", "default": "binary"]],
        inputs: [("data", .table, ["data"], false)], outputs: [])

    private static func component(
        _ name: String, _ roles: JSON, _ properties: JSON, inputs: [(String, PortKind, JSON, Bool)],
        outputs: [(String, PortKind)], required: JSON = []
    ) -> JSON {
        let inputs = inputs.map { name, kind, slots, isOptional -> JSON in
            ["name": .string(name), "kind": .string(kind.rawValue), "slots": slots, "optional": .bool(isOptional)]
        }
        let outputs = outputs.map { name, kind -> JSON in ["name": .string(name), "kind": .string(kind.rawValue)] }
        return [
            "name": .string(name), "reference": .string(name.lowercased() + "_reference"), "roles": roles,
            "parameters": [
                "type": "object", "properties": properties, "additionalProperties": false, "required": required,
            ],
            "inputs": .array(inputs), "outputs": .array(outputs), "engines": ["local", "standalone"],
        ]
    }
}
