/// A job of a guest and a host, and an arbiter where it is asked for: Reader, DataTransform and the steps that follow.
struct BenchmarkJob {
    /// Name, module, inputs by slot, and the kind of what it hands out besides: `data`, `model`, or nothing at all.
    /// `isometric:` before an output feeds that model too.
    typealias Step = (name: String, module: String, inputs: [String: String], output: String)

    private let parties: [String: [Int]]
    private let steps: [Step]
    private let parameters: [String: Any]
    private let roleParameters: [String: Any]

    init(
        guest: String, host: String, arbiter: Bool = false, hasLabel: Bool = false, hostHasLabel: Bool = false,
        steps: [Step], parameters: [String: [String: Any]]
    ) {
        self.steps = steps
        self.parameters = parameters
        parties = ["guest": [9999], "host": [10000]].merging(arbiter ? ["arbiter": [10001]] : [:]) { $1 }
        func reads(_ table: String, _ hasLabel: Bool) -> [String: Any] {
            let label: [String: Any] = hasLabel ? ["label_name": "y", "label_type": "int"] : [:]
            return [
                "reader_0": ["table": ["name": table, "namespace": "example"]],
                "data_transform_0": label.merging(["with_label": hasLabel]) { $1 },
            ]
        }
        roleParameters = ["guest": ["0": reads(guest, hasLabel)], "host": ["0": reads(host, hostHasLabel)]]
    }

    var dsl: [String: Any] {
        var components: [String: Any] = [
            "reader_0": ["module": "Reader", "output": ["data": ["data"]]],
            "data_transform_0": [
                "module": "DataTransform", "input": ["data": ["data": ["reader_0.data"]]],
                "output": ["data": ["data"], "model": ["model"]],
            ],
        ]
        for step in steps {
            var input: [String: Any] = ["data": step.inputs.mapValues { [$0] }]
            var output: [String: Any] = ["data": ["data"]]
            switch step.output.split(separator: ":").map(String.init) {
            case ["model"]: output["model"] = ["model"]
            case let parts where parts.count == 2:
                input["isometric_model"] = [parts[1]]
                output["model"] = ["model"]
            case []: output = [:]
            default: break
            }
            components[step.name] = ["module": step.module, "input": input, "output": output]
        }
        return ["components": components]
    }

    var conf: [String: Any] {
        [
            "dsl_version": 2, "initiator": ["role": "guest", "party_id": 9999], "role": parties,
            "component_parameters": ["common": parameters, "role": roleParameters],
        ]
    }
}
