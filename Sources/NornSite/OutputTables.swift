import Foundation
import NornStore

/// Tables that attempts made, under names by which they can be asked for like stored ones: the namespace
/// `output_data_<job>_<task>_<attempt>` and the name `<role>_<party>_<output>`, with `.<position>` after it for further
/// tables of one output. They belong to the party that made them, and go with their job.
struct OutputTables: Sendable {
    static let namespacePrefix = "output_data_"

    let store: any Store

    static func namespace(of artifact: ArtifactRecord) -> String {
        "\(namespacePrefix)\(artifact.job)_\(artifact.task)_\(artifact.attempt)"
    }

    static func name(of artifact: ArtifactRecord) -> String {
        let base = "\(artifact.role)_\(artifact.party)_\(artifact.name)"
        return artifact.position == 0 ? base : "\(base).\(artifact.position)"
    }

    /// The table, as if it were stored under its name; nil where no attempt made one of that name.
    func table(namespace: String, name: String) async throws -> TableRecord? {
        try await artifact(namespace: namespace, name: name).map(Self.record)
    }

    func artifact(namespace: String, name: String) async throws -> ArtifactRecord? {
        guard let job = Self.job(ofNamespace: namespace) else { return nil }
        return try await store.artifacts(job: job).first {
            $0.kind == "table" && Self.namespace(of: $0) == namespace && Self.name(of: $0) == name
        }
    }

    static func record(_ artifact: ArtifactRecord) -> TableRecord {
        TableRecord(
            namespace: namespace(of: artifact), name: name(of: artifact),
            sealed: URL(filePath: artifact.path).lastPathComponent, engine: artifact.engine, path: artifact.path,
            schema: artifact.schema, rows: artifact.rows, partitions: artifact.partitions, owner: artifact.party,
            created: 0)
    }

    /// A job's id is of digits.
    private static func job(ofNamespace namespace: String) -> String? {
        guard namespace.hasPrefix(namespacePrefix) else { return nil }
        let job = namespace.dropFirst(namespacePrefix.count).prefix { $0 != "_" }
        return job.isEmpty || !job.utf8.allSatisfy { (0x30...0x39).contains($0) } ? nil : String(job)
    }
}

extension Store {
    /// The newest version of a stored table, or a table that an attempt made.
    func anyTable(namespace: String, name: String) async throws -> TableRecord? {
        if let stored = try await table(namespace: namespace, name: name) { return stored }
        return try await OutputTables(store: self).table(namespace: namespace, name: name)
    }
}

/// A table that a task made at a party of this site.
public struct OutputTableView: Sendable {
    /// The output's name in the job.
    public var output: String
    public var table: TableView
}

extension Site {
    /// The tables that the newest attempt of a task made at a party, in the order of its outputs.
    public func outputTables(
        job: String, task: String, role: String, party: String, _ caller: Caller
    ) async throws -> [OutputTableView] {
        try caller.requireParty(party)
        let records = try await outputRecords(job, task, .newest, caller).filter {
            $0.kind == "table" && $0.role == role && $0.party == party
        }
        var views: [OutputTableView] = []
        for record in records.sorted(by: { ($0.name, $0.position) < ($1.name, $1.position) }) {
            let name = record.position == 0 ? record.name : "\(record.name).\(record.position)"
            views.append(OutputTableView(output: name, table: try await tables.view(OutputTables.record(record))))
        }
        return views
    }
}
