/// Jobs of probes: their tasks meet, sleep, mark, and hand on a table.
struct ProbeJob: Sendable {
    /// Party ids; the first one is guest and initiator, the others are hosts, but for the arbiter.
    var guest: String
    var hosts: [String]
    var arbiter: String?
    /// Milliseconds that each task of the chain sleeps.
    var tasks: [Int]
    var payloadBytes = 1000
    /// Of the table that each party hands on from task to task, 4 KiB each; 0: none.
    var rows = 0
    /// The same at the hosts, where they write another number.
    var hostRows: Int?
    /// Nil leaves the engine to the sites.
    var engine: String?
    /// Nil leaves it to the manifest.
    var memoryBytes: Int?
    var retries = 0
    var marks: String

    var dsl: [String: Any] {
        var components: [String: Any] = [:]
        for place in tasks.indices {
            var output = ["model": ["model"]]
            var input: [String: Any] = ["model": ["probe_\(place - 1).model"]]
            if rows > 0 {
                output["data"] = ["data"]
                input["data"] = ["data": ["probe_\(place - 1).data"]]
            }
            var component: [String: Any] = ["module": "FaultProbe", "output": output]
            if place > 0 { component["input"] = input }
            components["probe_\(place)"] = component
        }
        return ["components": components]
    }

    var conf: [String: Any] {
        var role: [String: Any] = ["guest": [Int(guest) ?? 0], "host": hosts.map { Int($0) ?? 0 }]
        if let arbiter { role["arbiter"] = [Int(arbiter) ?? 0] }
        var common: [String: Any] = [:]
        for (place, milliseconds) in tasks.enumerated() {
            common["probe_\(place)"] = [
                "marks": marks, "milliseconds": milliseconds, "payload": payloadBytes, "rows": rows,
                "expects": place > 0 ? rows : 0,
            ]
        }
        var parameters: [String: Any] = ["auto_retries": retries]
        if let engine { parameters["computing_engine"] = engine }
        if let memoryBytes { parameters["memory_bytes"] = memoryBytes }
        var components: [String: Any] = ["common": common]
        if let hostRows {
            let own = Dictionary(uniqueKeysWithValues: taskNames.map { ($0, ["rows": hostRows]) })
            components["role"] = ["host": Dictionary(uniqueKeysWithValues: hosts.indices.map { ("\($0)", own) })]
        }
        return [
            "dsl_version": 2, "initiator": ["role": "guest", "party_id": Int(guest) ?? 0], "role": role,
            "job_parameters": ["common": parameters], "component_parameters": components,
        ]
    }

    var taskNames: [String] { tasks.indices.map { "probe_\($0)" } }

    /// The parties as "guest_9999".
    var partyNames: [String] {
        ["guest_\(guest)"] + hosts.map { "host_\($0)" } + (arbiter.map { ["arbiter_\($0)"] } ?? [])
    }
}
