/// Jobs of probes: their tasks meet, sleep and mark.
struct ProbeJob: Sendable {
    /// Party ids; the first one is guest and initiator, the others are hosts, but for the arbiter.
    var guest: String
    var hosts: [String]
    var arbiter: String?
    /// Milliseconds that each task of the chain sleeps.
    var tasks: [Int]
    var payloadBytes = 1000
    var retries = 0
    var marks: String

    var dsl: [String: Any] {
        var components: [String: Any] = [:]
        for place in tasks.indices {
            var component: [String: Any] = ["module": "FaultProbe", "output": ["model": ["model"]]]
            if place > 0 { component["input"] = ["model": ["probe_\(place - 1).model"]] }
            components["probe_\(place)"] = component
        }
        return ["components": components]
    }

    var conf: [String: Any] {
        var role: [String: Any] = ["guest": [Int(guest) ?? 0], "host": hosts.map { Int($0) ?? 0 }]
        if let arbiter { role["arbiter"] = [Int(arbiter) ?? 0] }
        var common: [String: Any] = [:]
        for (place, milliseconds) in tasks.enumerated() {
            common["probe_\(place)"] = ["marks": marks, "milliseconds": milliseconds, "payload": payloadBytes]
        }
        return [
            "dsl_version": 2, "initiator": ["role": "guest", "party_id": Int(guest) ?? 0], "role": role,
            "job_parameters": ["common": ["auto_retries": retries]], "component_parameters": ["common": common],
        ]
    }

    /// The parties as "guest_9999".
    var partyNames: [String] {
        ["guest_\(guest)"] + hosts.map { "host_\($0)" } + (arbiter.map { ["arbiter_\($0)"] } ?? [])
    }
}
