import NornABI
import NornKit

/// The message that starts an attempt.
struct StartMessage {
    let component: String
    /// names of the component's output ports
    let outputs: [String]
    let party: Party
    let parties: Parties
    let parameters: CBOR
    let engine: String
    let enginePath: String
    let scratch: String
    let partitions: Int
    let cores: Int

    func message(inputs: [CBOR]) -> [String: CBOR] {
        let roles = Set(parties.all.map(\.role)).map { role in
            (role.rawValue, CBOR.array(parties[role].map { .text($0.id) }))
        }
        let extensions = [
            NORN_ARTIFACTS_ID, NORN_ENGINE_ACCESS_ID, NORN_FEDERATION_ID, NORN_TRACKING_ID, NORN_WORKERS_ID,
        ]
        // describe names outputs without their kinds: each may be handed out as a table or as bytes.
        let outputs = outputs.flatMap { name in
            [CBOR.map(["name": .text(name), "kind": "table"]), .map(["name": .text(name), "kind": "model"])]
        }
        let noDigest = CBOR.bytes([UInt8](repeating: 0, count: 32))
        return [
            "do": "start", "mode": "run",
            "attempt": [
                "job": "test", "task": .text("\(component.lowercased())_0"), "component": .text(component),
                "attempt": 0, "role": .text(party.role.rawValue), "party": .text(party.id),
                "parties": .map(Dictionary(uniqueKeysWithValues: roles)),
            ],
            "component_plugin": ["path": "", "sha256": noDigest],
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

extension UnsafePointer<norn_component> {
    /// What the component says of itself.
    func described() throws -> CBOR {
        var gathered: [UInt8] = []
        try withUnsafeMutablePointer(to: &gathered) { gathered in
            var sink = norn_sink()
            sink.struct_size = UInt32(MemoryLayout<norn_sink>.size)
            sink.context = UnsafeMutableRawPointer(gathered)
            sink.write = { context, bytes, _ in
                let buffer = UnsafeRawBufferPointer(start: bytes.data, count: Int(bytes.count))
                context?.assumingMemoryBound(to: [UInt8].self).pointee += Array(buffer)
                return NORN_OK
            }
            try callHost { pointee.describe?(self, &sink, $0) ?? NORN_UNIMPLEMENTED }
        }
        return try CBOR(decoding: gathered)
    }
}
