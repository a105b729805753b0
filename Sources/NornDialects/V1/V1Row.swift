import NornFlow
import NornManifest

/// A row as FATE-Flow's tables have it. `query` routes answer it with `f_` before every name, `list` routes without.
public struct V1Row: Hashable, Sendable {
    public var columns: JSONObject

    public init(_ columns: JSONObject) { self.columns = columns }

    public var prefixed: JSON { .object(JSONObject(columns.members.map { ("f_" + $0.key, $0.value) })) }
    public var plain: JSON { .object(columns) }

    public subscript(name: String) -> JSON? {
        get { columns[name] }
        set { columns[name] = newValue }
    }

    /// Adds a time as milliseconds and as text; both are null where there is none.
    mutating func add(_ name: String, time: Int64?) {
        columns["\(name)_time"] = time.map { .int(Int($0)) } ?? .null
        columns["\(name)_date"] = time.map { .string(V1Time.text($0)) } ?? .null
    }
}

extension Party {
    /// FATE-Flow's local jobs are all of party 0, whoever's data they handle.
    public static let v1LocalID = "0"

    /// The id under which `/v1` shows the party.
    public var v1ID: String { role == .local ? Self.v1LocalID : id }

    /// Such as `guest 9999`.
    public var v1Text: String { "\(role.rawValue) \(v1ID)" }
}

/// A job at one of its parties, as FATE-Flow's table `t_job` has a row for each.
public struct V1JobRow: Sendable {
    public var job: Job
    public var party: Party
    public var status: String
    public var submitter: String
    /// Why it waits, or why it failed.
    public var description: String
    /// Tasks that have ended, of all.
    public var progressPercent: Int
    public var created: Int64
    public var started: Int64?
    public var ended: Int64?
    public var cores: Int

    public init(
        job: Job, party: Party, status: String, submitter: String, description: String, progressPercent: Int,
        created: Int64, started: Int64?, ended: Int64?, cores: Int
    ) {
        self.job = job
        self.party = party
        self.status = status
        self.submitter = submitter
        self.description = description
        self.progressPercent = progressPercent
        self.created = created
        self.started = started
        self.ended = ended
        self.cores = cores
    }

    public var row: V1Row {
        var row = V1Row([
            "job_id": .string(job.id), "role": .string(party.role.rawValue), "party_id": .string(party.v1ID),
            "is_initiator": .bool(party == job.initiator),
            "initiator_role": .string(job.initiator.role.rawValue),
            "initiator_party_id": .string(job.initiator.v1ID), "roles": job.v1Roles,
            "status": .string(status), "progress": .int(progressPercent), "description": .string(description),
            "name": "", "tag": ended == nil ? "" : "job_end", "user": .string(submitter),
            "user_id": .string(submitter), "cores": .int(cores), "engine_type": "computing",
            "engine_name": .string(job.parameters.engine ?? ""), "cancel_signal": .bool(status == "canceled"),
            "inheritance_info": .object(job.v1Inheritance),
        ])
        row.add("create", time: created)
        row.add("start", time: started)
        row.add("end", time: ended)
        row.add("update", time: ended ?? started ?? created)
        row["elapsed"] = started.flatMap { start in ended.map { .int(Int($0 - start)) } } ?? .null
        return row
    }

    /// The row with the job's description, which the `flow` command expects and takes out.
    public var described: V1Row {
        let description = FATE1Dialect.render(job.view(for: party))
        var row = row
        row["dsl"] = description.dsl
        row["runtime_conf"] = description.conf
        row["runtime_conf_on_party"] = description.conf
        row["train_runtime_conf"] = [:]
        return row
    }
}

extension Job {
    /// `{"guest": [9999], …}`, ids as numbers where they are.
    public var v1Roles: JSON {
        .object(
            JSONObject(
                Role.allCases.compactMap { role in
                    let ids = parties.filter { $0.role == role }.map(\.v1ID)
                    return ids.isEmpty
                        ? nil : (role.rawValue, .array(ids.map { Int($0).map { .int($0) } ?? .string($0) }))
                }))
    }

    fileprivate var v1Inheritance: JSONObject {
        guard let inheritance = parameters.inheritance else { return [:] }
        return [
            "job_id": .string(inheritance.job), "component_list": .array(inheritance.tasks.map { .string($0) }),
        ]
    }

    /// The model that `/v1` names with the job: the one that it trains, or the version that it predicts with.
    public var v1ModelInfo: JSON {
        [
            "model_id": .string(parameters.model?.id ?? v1ModelID),
            "model_version": .string(parameters.model?.version ?? id),
        ]
    }

    /// FATE's name for the model of the job's parties: roles in order of their names, ids in order of the conf.
    public var v1ModelID: String {
        let roles = Role.allCases.map(\.rawValue).sorted().compactMap { name -> String? in
            let ids = parties.filter { $0.role.rawValue == name }.map(\.v1ID)
            return ids.isEmpty ? nil : "\(name)-\(ids.joined(separator: "_"))"
        }
        return (roles + ["model"]).joined(separator: "#")
    }
}
