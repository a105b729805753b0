import Foundation
import NornFlow
import NornStore

/// What a turn writes, in one transaction.
extension HeartStep {
    /// - Parameter notes: what attempts left to be written together with the inputs of this turn.
    func commit(_ notes: [AttemptNote], wallMilliseconds: Int64) throws -> Commit {
        let encoder = JSONEncoder()
        var commit = Commit()
        for (job, row) in coordinators where !quiet.contains(.coordinator(job)) {
            commit.writes.append(
                AggregateWrite(
                    kind: HeartRows.Kind.coordinator.rawValue, id: job, expected: row.version,
                    payload: try HeartRows.encode(row.value)))
        }
        for (key, row) in members where !quiet.contains(.member(key)) {
            commit.writes.append(
                AggregateWrite(
                    kind: HeartRows.Kind.member.rawValue, id: key.description, expected: row.version,
                    payload: try HeartRows.encode(row.value)))
        }
        commit.events = try records.map { entry in
            NewEvent(
                job: entry.job, kind: entry.subject.rawValue, payload: try encoder.encode(entry), time: wallMilliseconds
            )
        }
        commit.jobs = try writtenJobs.sorted().map { job in
            let (known, row) = (rows.coordinators[job]?.value, coordinator(job)?.value)
            return try JobIndex.record(
                job, coordinator: row, isNew: known?.contractNumber != row?.contractNumber, members: members(of: job),
                encoder: encoder)
        }
        for case .startAttempt(let order) in outward {
            commit.attempts.append(AttemptRecord(order, started: wallMilliseconds))
        }
        commit.audit = auditEntries(time: wallMilliseconds)
        for note in notes {
            commit.attempts.append(note.record)
            commit.artifacts += note.artifacts
            commit.audit += note.audit
        }
        return commit
    }

    private var writtenJobs: Set<JobID> {
        let ofCoordinators = coordinators.keys.filter { !quiet.contains(.coordinator($0)) }
        return Set(ofCoordinators).union(members.keys.lazy.filter { !quiet.contains(.member($0)) }.map(\.job))
    }

    /// Takes over into the rows in memory what the store has now.
    func apply() {
        for (job, var row) in coordinators {
            if !quiet.contains(.coordinator(job)) { row.version = (row.version ?? 0) + 1 }
            rows.put(row)
        }
        for (key, var row) in members {
            if !quiet.contains(.member(key)) { row.version = (row.version ?? 0) + 1 }
            rows.put(row)
        }
    }
}

extension Commit {
    /// Whether the store has it, whatever it answered. It writes all or nothing, so one row tells: the version says
    /// that somebody wrote it, the payload that it was this. What changes no row may be written twice.
    func isWritten(in store: any HeartStore) async throws -> Bool {
        guard let write = writes.first, let payload = write.payload else { return false }
        let row = try await store.aggregate(kind: write.kind, id: write.id)
        return row?.version == (write.expected ?? 0) + 1 && row?.payload == payload
    }
}

/// What an attempt has to have written with its news: its row, what it made, and its entries in the audit log.
struct AttemptNote: Sendable {
    var record: AttemptRecord
    var artifacts: [ArtifactRecord] = []
    var audit: [NewAuditEntry] = []
    /// What its worker ran; nil while none was started.
    var plugin: PluginShelf.Plugin?
}

extension AttemptRecord {
    /// The row of an attempt that is about to start.
    init(_ order: AttemptOrder, started: Int64) {
        let attempt = order.attempt
        self.init(
            job: attempt.job, task: attempt.task, attempt: attempt.number, role: attempt.party.role.rawValue,
            party: attempt.party.id, component: order.task.module, engine: order.engine, status: "running",
            started: started)
    }
}
