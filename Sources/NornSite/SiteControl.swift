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

    // MARK: Pause, resume, priority

    /// No task starts any more; what runs goes on to its end, then everything is given back.
    public func pause(job: JobID, caller: Caller) async throws -> JobSummary {
        try await control(job, caller) { .pause(by: $0) }
    }

    public func resume(job: JobID, caller: Caller) async throws -> JobSummary {
        try await control(job, caller) { .resume(by: $0) }
    }

    /// Higher goes first in every queue where the job waits.
    public func setPriority(_ priority: Int, job: JobID, caller: Caller) async throws -> JobSummary {
        guard PartnerNumbers.priority.contains(priority) else {
            let range = PartnerNumbers.priority
            throw SiteError.invalid(
                "A priority is a number from \(range.lowerBound) to \(range.upperBound)", field: "priority")
        }
        return try await control(job, caller) { .setPriority(priority, by: $0) }
    }

    private func control(
        _ job: JobID, _ caller: Caller, _ event: (String) -> Coordinator.Event
    ) async throws -> JobSummary {
        let coordinator = try await coordinator(job, caller)
        guard coordinator.outcome == nil, coordinator.phase != .ended else {
            let summary = try await jobSummary(job, caller)
            throw SiteError("job_ended", "The job \(job) has ended as \(summary.status)")
        }
        try await driver.step(.coordinator(job, event(caller.submitter)))
        return try await jobSummary(job, caller)
    }

    /// The job's coordinator, for those who may act for its initiator.
    func coordinator(_ job: JobID, _ caller: Caller) async throws -> Coordinator {
        let summary = try await jobSummary(job, caller)
        guard let coordinator = try await driver.coordinator(job) else {
            throw SiteError(
                "forbidden_job", "The job \(job) is controlled at the site of its initiator", party: summary.initiator,
                hint: "From here its own part can be stopped: norn job stop \(job)")
        }
        try caller.requireParty(coordinator.job.initiator.id)
        return coordinator
    }

    // MARK: Clean

    /// Forgets an ended job with its tables, models, metrics and logs at this site.
    public func clean(job: JobID, caller: Caller) async throws {
        _ = try await jobSummary(job, caller)
        if let coordinator = try await driver.coordinator(job) {
            try caller.requireParty(coordinator.job.initiator.id)
        } else {
            // What a partner keeps of a job may be of several of its parties.
            for member in try await driver.members(of: job) { try caller.requireParty(member.key.party.id) }
        }
        try await cleaning.clean(job)
    }

    /// Forgets the caller's jobs that ended so many days ago, and answers how many.
    public func clean(olderThanDays days: Int, caller: Caller) async throws -> Int {
        let before = Clocks.wallMilliseconds() - Int64(days) * 86_400_000
        var old: [JobID] = []
        var query = JobQuery(limit: Self.cleanedAtOnce, offset: 0)
        query.parties = caller.parties
        while true {
            let page = try await store.jobs(query).jobs
            for record in page where (record.ended ?? .max) < before {
                let summary = JobViews.summary(record)
                let parties = summary.parties.values.joined().filter { party in
                    links.isLocal(Party(role: .local, id: party))
                }
                if parties.allSatisfy(caller.mayActFor) { old.append(record.job) }
            }
            guard page.count == query.limit else { break }
            query.offset += page.count
        }
        return try await cleaning.cleanAll(old)
    }

    /// Jobs looked at in one step of a clean-up.
    static let cleanedAtOnce = 1000

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
