import NornManifest

/// JSON Schemas of what the API takes and gives.
enum APISchemas {
    private static let text: JSON = ["type": "string"]
    private static let integer: JSON = ["type": "integer"]
    private static let number: JSON = ["type": "number"]
    private static let flag: JSON = ["type": "boolean"]
    private static let any: JSON = [:]
    private static let texts: JSON = list(text)
    /// Role -> party ids.
    private static let parties: JSON = ["type": "object", "additionalProperties": texts]

    private static func list(_ items: JSON) -> JSON { ["type": "array", "items": items] }
    private static func named(_ schema: String) -> JSON { ["$ref": .string("#/components/schemas/\(schema)")] }

    /// An object with members that are always there, and others that may be.
    private static func object(_ required: JSONObject, optional: JSONObject = [:]) -> JSON {
        [
            "type": "object", "properties": .object(JSONObject(required.members + optional.members)),
            "required": .array(required.keys.map { .string($0) }), "additionalProperties": false,
        ]
    }

    static let all: JSONObject = JSONObject(
        requests.members + jobs.members + data.members + models.members + site.members)

    private static let requests: JSONObject = [
        "Submission": object(["dsl": ["type": "object"], "conf": ["type": "object"]]),
        "Grant": object([:], optional: ["components": texts]),
        "Decision": object(["allow": flag], optional: ["reason": text]),
        "Rerun": object(
            [:], optional: ["from": texts, "only": texts, "all": flag, "conf": ["type": "object"], "dry_run": flag]),
        "Priority": object(["priority": integer]),
        "CleanUp": object(["older_than_days": integer]),
        "NewToken": object(["submitter": text, "rights": texts], optional: ["parties": texts]),
        "NewBackup": object(["folder": text], optional: ["base": text, "keys": text]),
        "NewPeer": object(["pin": text, "parties": texts], optional: ["address": text]),
    ]

    private static let jobs: JSONObject = [
        "Error": object(["code": text, "message": text], optional: ["field": text, "party": text, "hint": text]),
        "JobSummary": object(
            [
                "job": text, "status": text, "submitter": text, "initiator": text, "parties": parties,
                "created": integer,
            ],
            optional: [
                "waiting": text, "started": integer, "ended": integer, "failure": named("Error"), "warnings": texts,
            ]),
        "JobDetail": object([
            "summary": named("JobSummary"), "waiting": list(named("Waiting")),
            "approvals": list(named("PartyApproval")), "tasks": list(named("Task")),
            "attempts": list(named("Attempt")),
            "metrics": list(named("Tracking")), "summaries": list(named("Tracking")), "models": list(named("Tracking")),
        ]),
        "PartyApproval": object(
            ["role": text, "party": text, "status": text], optional: ["by": text, "reason": text]),
        "Waiting": object(
            ["kind": text, "missing": list(named("Missing")), "since": integer, "text": text],
            optional: ["party": text, "place": integer]),
        "Missing": object(["kind": text, "wanted": integer, "available": integer]),
        "Stop": object(["summary": named("JobSummary"), "parties": list(named("StopPart"))]),
        "StopPart": object(["role": text, "party": text, "confirmed": flag]),
        "RerunPlan": object(["summary": named("JobSummary"), "tasks": list(named("RerunTask"))]),
        "RerunTask": object(["task": text, "runs": flag, "why": text]),
        "Cleaned": object(["jobs": integer]),
        "Output": object([
            "task": text, "attempt": integer, "role": text, "party": text, "name": text, "position": integer,
            "kind": text, "engine": text, "rows": integer, "partitions": integer,
        ]),
        "Task": object(
            [
                "task": text, "component": text, "status": text, "needs": texts, "attempt": integer,
                "parties": list(named("PartyTask")),
            ], optional: ["waiting": text, "started": integer, "ended": integer]),
        "PartyTask": object(
            ["role": text, "party": text, "status": text],
            optional: ["milliseconds": integer, "progress": named("Progress")]),
        "Progress": object(["done": integer, "total": integer, "text": text]),
        "Attempt": object(
            [
                "task": text, "attempt": integer, "role": text, "party": text, "component": text, "engine": text,
                "status": text, "started": integer,
            ],
            optional: [
                "ended": integer, "failure": named("Error"), "declared": named("Amounts"),
                "granted": named("Amounts"), "peakMemoryBytes": integer, "processorMilliseconds": integer,
            ]),
        "Amounts": object(["cores": integer, "memoryBytes": integer, "workingNodes": integer]),
        "Tracking": object([
            "task": text, "attempt": integer, "role": text, "party": text, "name": text, "value": any, "time": integer,
        ]),
        "Logs": object(["lines": list(named("LogLine"))]),
        "LogLine": object([
            "time": integer, "level": text, "task": text, "attempt": integer, "role": text, "party": text, "text": text,
        ]),
        "Approval": object(["job": text, "initiator": text, "party": text, "reasons": texts]),
    ]

    private static let data: JSONObject = [
        "Table": object([
            "namespace": text, "name": text, "engine": text, "rows": integer, "partitions": integer, "owner": text,
            "created": integer, "schema": any, "grants": list(named("TableGrant")),
        ]),
        "TableGrant": object(["partner": text, "created": integer], optional: ["components": texts]),
        "TablePreview": object(["table": named("Table"), "header": texts, "rows": list(texts)]),
        "Upload": object(["job": text, "table": named("Table")]),
    ]

    private static let models: JSONObject = [
        "Deployment": object(
            ["model_id": text, "model_version": text],
            optional: [
                "components": texts, "predict_dsl": ["type": "object"], "components_checkpoint": ["type": "object"],
            ]),
        "Checkpoint": object(["task": text, "index": integer, "name": text]),
        "Migration": object([
            "model_id": text, "model_version": text, "moves": list(object(["role": text, "from": text, "to": text])),
        ]),
        "NewTag": object(["name": text], optional: ["description": text]),
        "ChangedTag": object([:], optional: ["name": text, "description": text]),
        "ModelTag": object(["name": text, "description": text, "created": integer, "versions": texts]),
        "ModelSummary": object(
            [
                "modelID": text, "version": text, "role": text, "party": text, "initiator": text, "origin": text,
                "deployed": flag, "created": integer, "tags": texts,
            ], optional: ["source": text]),
        "ModelDetail": object(
            [
                "summary": named("ModelSummary"),
                "components": list(object(["task": text, "module": text, "name": text])),
                "views": list(object(["task": text, "name": text, "value": any])),
            ], optional: ["predictDSL": any]),
        "ModelChange": object(
            [
                "modelID": text, "version": text, "status": text,
                "parties": list(object(["role": text, "party": text, "done": flag])),
            ], optional: ["waiting": text]),
    ]

    private static let site: JSONObject = [
        "Health": object(["status": text]),
        "Backup": object(
            ["folder": text, "made": integer, "files": integer, "bytes": integer, "linkedBytes": integer],
            optional: ["keys": text]),
        "Done": object(["done": flag]),
        "SiteStatus": object([
            "version": text, "home": text, "parties": texts, "epoch": integer, "scheduler": text,
            "draining": flag,
            "jobs": ["type": "object", "additionalProperties": integer], "approvals": integer,
            "resources": object([
                "cores": integer, "coresHeld": integer, "memoryBytes": integer, "memoryBytesHeld": integer,
            ]),
            "federation": object(
                [
                    "listening": flag, "protocolVersions": list(integer), "mailboxes": integer,
                    "messagesKept": integer,
                ],
                optional: ["port": integer, "pin": text, "certificateEnds": integer]),
            "peers": list(named("Peer")), "components": integer, "engines": texts, "warnings": texts,
        ]),
        "Component": object(
            [
                "name": text, "aliases": texts, "plugin": text, "version": text, "summary": text, "roles": texts,
                "engines": texts, "parameters": any, "inputs": texts, "outputs": texts, "discloses": texts,
            ], optional: ["reference": text]),
        "Plugin": object(
            [
                "plugin": text, "version": text, "vendor": text, "summary": text, "digest": text, "enabled": flag,
                "builtIn": flag, "components": texts, "engines": texts, "warnings": texts,
            ], optional: ["publisher": text]),
        "PluginChange": object([
            "time": integer, "action": text, "plugin": text, "version": text, "digest": text, "caller": text,
            "detail": text,
        ]),
        "Engine": object([
            "name": text, "summary": text, "durable": flag, "plugin": text, "version": text, "standard": flag,
        ]),
        "Token": object(
            ["id": text, "submitter": text, "parties": texts, "rights": texts, "created": integer],
            optional: ["secret": text, "signingSecret": text]),
        "Peer": object(
            ["name": text, "parties": texts, "pins": texts], optional: ["address": text, "protocolVersion": integer]),
        "Quarantine": object([
            "plugin": text, "version": text, "digest": text, "components": texts, "reason": text, "since": integer,
            "until": integer,
        ]),
        "AuditEntry": object([
            "sequence": integer, "time": integer, "kind": text, "actor": text, "job": text, "party": text,
            "subject": text, "digest": text, "text": text, "previous": text, "hash": text,
        ]),
        "AuditVerification": object(
            ["holds": flag, "entries": integer, "hash": text, "head": integer], optional: ["flaw": text]),
        "Refusal": object(["time": integer, "kind": text, "caller": text, "text": text]),
    ]
}
