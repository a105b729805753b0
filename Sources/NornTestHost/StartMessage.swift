import NornABI
import NornKit

/// The message that starts an attempt.
struct StartMessage {
    let component: String
    let party: Party
    let parties: Parties
    let parameters: CBOR
    /// path of the component's plugin; empty when it is in the attempt's process already
    let library: String
    let engine: String
    let enginePath: String
    let scratch: String
    let partitions: Int
    let cores: Int
    let outputs: [String]
    let extensions: [String]

    func message(inputs: [CBOR]) -> [String: CBOR] {
        let roles = Set(parties.all.map(\.role)).map { role in
            (role.rawValue, CBOR.array(parties[role].map { .text($0.id) }))
        }
        // describe names outputs without their kinds: each may be a table or something written.
        let outputs = outputs.flatMap { name -> [CBOR] in
            [["name": .text(name), "kind": "table"], ["name": .text(name), "kind": "model"]]
        }
        let noDigest = CBOR.bytes([UInt8](repeating: 0, count: 32))
        return [
            "do": "start", "mode": "run",
            "attempt": [
                "job": "test", "task": .text("\(component.lowercased())_0"), "component": .text(component),
                "attempt": 0, "role": .text(party.role.rawValue), "party": .text(party.id),
                "parties": .map(Dictionary(uniqueKeysWithValues: roles)),
            ],
            "component_plugin": ["path": .text(library), "sha256": noDigest],
            "engine_plugin": ["path": .text(enginePath), "sha256": noDigest],
            "engine": .text(engine), "engine_options": .bytes(CBOR.map([:]).encoded()), "foreign_engines": [],
            "parameters": .bytes(parameters.encoded()), "inputs": .array(inputs), "outputs": .array(outputs),
            "scratch": .text(scratch), "read": [], "cores": .int(Int64(cores)), "memory_bytes": 0,
            "partitions": .int(Int64(partitions)), "extensions": .array(extensions.map { .text($0) }),
            "sandbox": ["network": false, "landlock": false, "seccomp": false], "grace_milliseconds": 1000,
        ]
    }
}

extension CBOR {
    /// A map with another's values set over its own.
    func merged(with other: [String: CBOR]) -> CBOR { .map((map ?? [:]).merging(other) { $1 }) }
}
