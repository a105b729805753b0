import Foundation

/// How records of one kind are written.
struct PostgreSQLTable: Sendable {
    let name: String
    /// Every column that a record has.
    let columns: [String]
    /// The columns that name a record.
    let key: [String]
    /// What a column becomes when the record is written again, unless it is the new value: an expression.
    var merged: [String: String] = [:]

    /// Writes a record over the one of the same key.
    func save(_ record: some Encodable, _ connection: PostgreSQLConnection) throws {
        let set = columns.filter { !key.contains($0) }.map { column in
            "\"\(column)\" = \(merged[column] ?? "EXCLUDED.\"\(column)\"")"
        }
        try connection.change(
            "\(insertion) ON CONFLICT (\(Self.list(key))) DO UPDATE SET \(set.joined(separator: ", "))",
            try values(of: record))
    }

    func insert(_ record: some Encodable, _ connection: PostgreSQLConnection) throws {
        try connection.change(insertion, try values(of: record))
    }

    /// The columns as a selection names them.
    var selection: String { Self.list(columns) }

    private var insertion: String {
        let places = (1...columns.count).map { "$\($0)" }.joined(separator: ", ")
        return "INSERT INTO \"\(name)\" (\(selection)) VALUES (\(places))"
    }

    private func values(of record: some Encodable) throws -> [any PostgreSQLBindable] {
        let values = try PostgreSQLRecords.columns(record)
        if let unknown = values.keys.first(where: { !columns.contains($0) }) {
            throw StoreError.unreadable(column: "\(name).\(unknown)")
        }
        return columns.map { values[$0] ?? .null }
    }

    private static func list(_ columns: [String]) -> String {
        columns.map { "\"\($0)\"" }.joined(separator: ", ")
    }
}

enum PostgreSQLTables {
    /// What a job began with stays, and its first start; a rerun takes its end away until it ends again.
    static let job = PostgreSQLTable(
        name: "job",
        columns: [
            "job", "status", "submitter", "initiator", "parties", "specification", "waiting", "created", "started",
            "ended", "failure",
        ], key: ["job"],
        merged: [
            "submitter": "job.submitter", "created": "job.created",
            "specification":
                "CASE EXCLUDED.specification WHEN '' THEN job.specification ELSE EXCLUDED.specification END",
            "started": "COALESCE(job.started, EXCLUDED.started)",
            "ended": "CASE WHEN EXCLUDED.ended IS NOT NULL THEN COALESCE(job.ended, EXCLUDED.ended) END",
        ])

    static let attempt = PostgreSQLTable(
        name: "attempt",
        columns: [
            "job", "task", "attempt", "role", "party", "component", "engine", "status", "started", "ended", "failure",
            "peakMemoryBytes", "processorMilliseconds", "declaredCores", "declaredMemoryBytes", "declaredNodes",
            "grantedCores", "grantedMemoryBytes", "grantedNodes",
        ], key: ["job", "task", "attempt", "role", "party"])

    static let event = PostgreSQLTable(
        name: "event", columns: ["sequence", "job", "kind", "payload", "time"], key: ["sequence"])

    static let table = PostgreSQLTable(
        name: "table",
        columns: [
            "namespace", "name", "sealed", "engine", "path", "schema", "rows", "partitions", "owner", "created",
        ], key: ["namespace", "name"])

    static let grant = PostgreSQLTable(
        name: "tableGrant", columns: ["namespace", "name", "partner", "components", "created"],
        key: ["namespace", "name", "partner"])

    static let artifact = PostgreSQLTable(
        name: "artifact",
        columns: [
            "job", "task", "attempt", "role", "party", "name", "position", "kind", "path", "engine", "schema", "rows",
            "partitions",
        ], key: ["job", "task", "attempt", "role", "party", "name", "position"])

    static let token = PostgreSQLTable(
        name: "token", columns: ["id", "hash", "submitter", "parties", "rights", "created"], key: ["id"])

    static let pluginChange = PostgreSQLTable(
        name: "pluginChange", columns: ["time", "action", "plugin", "version", "digest", "caller", "detail"], key: [])

    static let security = PostgreSQLTable(
        name: "security", columns: ["time", "kind", "caller", "text"], key: [])
}
