/// Jobs of probes: their tasks meet, sleep, mark, and hand on a table.
package struct ProbeJob: Sendable {
    /// Party ids; the first one is guest and initiator, the others are hosts, but for the arbiter.
    package var guest: String
    package var hosts: [String]
    package var arbiter: String?
    /// Milliseconds that each task of the chain sleeps.
    package var tasks: [Int]
    package var payloadBytes: Int
    /// Of the table that each party hands on from task to task, 4 KiB each; 0: none.
    package var rows: Int
    /// The same at the hosts, where they write another number.
    package var hostRows: Int?
    /// Nil leaves the engine to the sites.
    package var engine: String?
    /// Nil leaves it to the manifest.
    package var memoryBytes: Int?
    package var retries: Int
    package var marks: String
    /// A file: once it is there, no task sleeps any longer. Nil: each sleeps all of its time.
    package var until: String?

    package init(
        guest: String, hosts: [String], arbiter: String? = nil, tasks: [Int], payloadBytes: Int = 1000, rows: Int = 0,
        hostRows: Int? = nil, engine: String? = nil, memoryBytes: Int? = nil, retries: Int = 0, marks: String,
        until: String? = nil
    ) {
        self.guest = guest
        self.hosts = hosts
        self.arbiter = arbiter
        self.tasks = tasks
        self.payloadBytes = payloadBytes
        self.rows = rows
        self.hostRows = hostRows
        self.engine = engine
        self.memoryBytes = memoryBytes
        self.retries = retries
        self.marks = marks
        self.until = until
    }

    package var dsl: [String: Any] {
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

    package var conf: [String: Any] {
        var role: [String: Any] = ["guest": [Int(guest) ?? 0], "host": hosts.map { Int($0) ?? 0 }]
        if let arbiter { role["arbiter"] = [Int(arbiter) ?? 0] }
        var common: [String: [String: Any]] = [:]
        for (place, milliseconds) in tasks.enumerated() {
            common["probe_\(place)"] = [
                "marks": marks, "milliseconds": milliseconds, "payload": payloadBytes, "rows": rows,
                "expects": place > 0 ? rows : 0, "until": until ?? "",
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

    package var taskNames: [String] { tasks.indices.map { "probe_\($0)" } }

    /// The parties as "guest_9999".
    package var partyNames: [String] {
        ["guest_\(guest)"] + hosts.map { "host_\($0)" } + (arbiter.map { ["arbiter_\($0)"] } ?? [])
    }
}
