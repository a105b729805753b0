import NornFlow
import NornManifest

/// A task at one party, as FATE-Flow's table `t_task` has a row for each.
public struct V1TaskRow: Sendable {
    public var job: Job
    public var task: JobTask
    public var party: Party
    /// Of the task over all its parties.
    public var status: String
    /// Here.
    public var partyStatus: String
    public var attempt: Int
    public var created: Int64
    public var started: Int64?
    public var ended: Int64?

    public init(
        job: Job, task: JobTask, party: Party, status: String, partyStatus: String, attempt: Int, created: Int64,
        started: Int64?, ended: Int64?
    ) {
        self.job = job
        self.task = task
        self.party = party
        self.status = status
        self.partyStatus = partyStatus
        self.attempt = attempt
        self.created = created
        self.started = started
        self.ended = ended
    }

    public var row: V1Row {
        var row = V1Row([
            "job_id": .string(job.id), "component_name": .string(task.name),
            "component_module": .string(task.module), "task_id": .string("\(job.id)_\(task.name)"),
            "task_version": .int(attempt), "role": .string(party.role.rawValue), "party_id": .string(party.v1ID),
            "initiator_role": .string(job.initiator.role.rawValue),
            "initiator_party_id": .string(job.initiator.v1ID), "status": .string(status),
            "party_status": .string(Self.known(partyStatus, task: status)),
            "auto_retries": .int(job.parameters.autoRetries),
            "auto_retry_delay": .int(job.parameters.autoRetryDelaySeconds),
            "component_parameters": Self.parameters(task, at: party), "provider_info": provider,
            "run_on_this_party": .bool(task.parameters[party]?["need_run"] != .bool(false)),
        ])
        row.add("create", time: created)
        row.add("start", time: started)
        row.add("end", time: ended)
        row.add("update", time: ended ?? started ?? created)
        row["elapsed"] = started.flatMap { start in ended.map { .int(Int($0 - start)) } } ?? .null
        return row
    }

    private var provider: JSON {
        let parts = (task.provider ?? "fate").split(separator: "@", maxSplits: 1).map(String.init)
        var info: JSONObject = ["name": .string(parts.first ?? "fate")]
        if parts.count > 1 { info["version"] = .string(parts[1]) }
        return .object(info)
    }

    /// What a component got at a party, under the name that FATE gives to its parameters.
    public static func parameters(_ task: JobTask, at party: Party) -> JSON {
        ["module": .string(task.module), "ComponentParam": JSON(.object(task.parameters[party] ?? [:]))]
    }

    /// A party's own state under a name that FATE's clients know.
    static func known(_ partyStatus: String, task status: String) -> String {
        switch partyStatus {
        case "starting", "stopping": "running"
        // The attempt is made again, or the task has ended otherwise.
        case "lost": status
        default: partyStatus
        }
    }
}
