import NornFlow
import NornStore

/// What people do to a job. Who may act for its initiator controls it as a whole, at the site that coordinates it; any
/// other party may stop its own part, which ends the job everywhere.
extension Site {
    /// How long a stop waits for its end, and then for the word of each party.
    static let stopMilliseconds: Int64 = 5000
    static let confirmationMilliseconds: Int64 = 1500

    /// Stops a job, waiting or running; stopping it again tells what became of it.
    public func stop(job: String, caller: Caller) async throws -> StopView {
        let summary = try await jobSummary(job, caller)
        if summary.ended == nil {
            try await orderStop(job, caller)
            _ = try await waitForEnd(job, milliseconds: Self.stopMilliseconds)
        } else if summary.status != JobStatus.canceled.rawValue {
            throw SiteError("job_ended", "The job \(job) has ended as \(summary.status)")
        }
        let confirmed = try await awaited(job, milliseconds: Self.confirmationMilliseconds) {
            let parts = try await stopped(job)
            return parts.allSatisfy(\.confirmed) ? parts : nil
        }
        let parts = if let confirmed { confirmed } else { try await stopped(job) }
        return StopView(summary: try await jobSummary(job, caller), parties: parts)
    }

    /// The job as a whole for those who act for its initiator, else the caller's own part.
    private func orderStop(_ job: JobID, _ caller: Caller) async throws {
        if let coordinator = try await driver.coordinator(job), caller.mayActFor(coordinator.job.initiator.id) {
            return try await driver.step(.coordinator(job, .stop(by: caller.submitter)))
        }
        let members = try await driver.members(of: job).filter { caller.mayActFor($0.key.party.id) }
        guard !members.isEmpty else { throw SiteError.notFound("job", job) }
        for member in members { try await driver.step(.member(member.key, .stop(by: caller.submitter))) }
    }

    /// Which parties have said that nothing of the job lives there; of this site's parties where others coordinate.
    private func stopped(_ job: JobID) async throws -> [StopView.PartyPart] {
        if let coordinator = try await driver.coordinator(job) {
            return coordinator.job.parties.map { party in
                StopView.PartyPart(
                    role: party.role.rawValue, party: party.id,
                    confirmed: coordinator.members[party]?.report?.settled == true)
            }
        }
        return try await driver.members(of: job).map { member in
            StopView.PartyPart(
                role: member.key.party.role.rawValue, party: member.key.party.id, confirmed: member.isSettled)
        }
    }
}

extension OutputView {
    init(_ record: ArtifactRecord) {
        self.init(
            task: record.task, attempt: record.attempt, role: record.role, party: record.party, name: record.name,
            position: record.position, kind: record.kind, engine: record.engine, rows: record.rows,
            partitions: record.partitions)
    }
}
