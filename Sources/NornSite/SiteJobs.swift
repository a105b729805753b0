import Foundation
import NornFlow
import NornManifest
import NornStore

/// Jobs of a site.
extension Site {
    /// How long a submission waits for the first answers of other sites, so that their refusals reach the submitter.
    static let firstAnswersMilliseconds: Int64 = 5000

    /// Takes a parsed job: checks what can be known here, makes it durable, and lets it go. A refusal changes nothing.
    public func submit(job: Job, caller: Caller) async throws {
        guard !isDraining else { throw SiteError("draining", "The site is about to stop", hint: "Submit again later") }
        guard settings.serves(job.initiator.id), links.isLocal(job.initiator) else {
            throw SiteError(
                "party_not_served", "This site does not serve the initiator \(job.initiator.text)",
                field: "conf.initiator.party_id", party: job.initiator.text,
                hint: "Submit at the site of \(job.initiator.text)")
        }
        try caller.requireParty(job.initiator.id, field: "conf.initiator.party_id")
        guard await driver.liveJobs < settings.jobs.liveJobs else {
            throw SiteError(
                "too_many_jobs", "\(settings.jobs.liveJobs) jobs live at this site", hint: "Wait for some to end")
        }
        try await checkParties(job, caller)
        try await trusted.remember(caller, job: job.id)
        try await driver.step(.submit(job))
        if !job.parties.allSatisfy(links.isLocal) { try await awaitFirstAnswers(job.id) }
    }

    /// Every party must be reachable; those of this site must take part.
    private func checkParties(_ job: Job, _ caller: Caller) async throws {
        for (role, ids) in Dictionary(grouping: job.parties, by: \.role).sorted(by: {
            $0.key.rawValue < $1.key.rawValue
        }) {
            for (index, party) in ids.enumerated() {
                let field = "conf.role.\(role.rawValue)[\(index)]"
                try links.requireRoute(to: party, field: field)
            }
        }
        for task in job.tasks where JobRules.siteOnly.contains(task.module) && caller != .site {
            throw SiteError(
                "component_not_submitted", "The site runs \(task.module) itself", field: "dsl.components.\(task.name)",
                hint: "Use norn data upload and norn data download")
        }
        for party in job.parties where links.isLocal(party) {
            let verdict = try await rules.check(
                party, job, trusted: caller.mayActFor(party.id), isOfSite: caller == .site)
            switch verdict {
            case .accepted: continue
            case .refused(let failure): throw SiteError(failure)
            case .waitingForApproval(_, let reason):
                throw SiteError(
                    "table_not_granted", reason, party: party.text,
                    hint: "Its owner grants it: norn data grant --to \(job.initiator.id)")
            }
        }
    }

    /// Waits until every party has said yes, one has refused, or a little time has passed.
    private func awaitFirstAnswers(_ job: JobID) async throws {
        let wakes = feed.wakes()
        let deadline = Clocks.monotonicMilliseconds() + Self.firstAnswersMilliseconds
        let timeout = Task { [feed] in
            try? await Task.sleep(for: .milliseconds(Self.firstAnswersMilliseconds))
            feed.wake()
        }
        defer { timeout.cancel() }
        var iterator = wakes.makeAsyncIterator()
        while Clocks.monotonicMilliseconds() < deadline {
            guard let coordinator = try await driver.coordinator(job) else { return }
            switch coordinator.phase {
            case .creating: break
            case .ending, .ended:
                guard let failure = coordinator.failure,
                    coordinator.outcome == .failed || coordinator.status == .failed,
                    failure.code == .refused || failure.code == .neverGrantable || failure.code == .invalidJob
                else { return }
                throw SiteError(failure)
            case .reserving, .running, .paused: return
            }
            if coordinator.members.values.contains(where: { $0.report?.approval == .waitingForApproval }) { return }
            guard await iterator.next() != nil else { return }
        }
    }

    func jobSummary(_ job: String) async throws -> JobSummary { try await views.summary(job) }

    /// A job that the caller may see: one of its parties is the caller's.
    public func jobSummary(_ job: String, _ caller: Caller) async throws -> JobSummary {
        let summary = try await jobSummary(job)
        guard summary.isVisible(to: caller) else { throw SiteError.notFound("job", job) }
        return summary
    }

    public func jobSummaries(
        status: String?, limit: Int, offset: Int, _ caller: Caller
    ) async throws -> [JobSummary] {
        try await views.summaries(status: status, limit: limit, offset: offset).filter { $0.isVisible(to: caller) }
    }

    /// A job with what the caller's parties did and learned.
    public func jobDetail(_ job: String, _ caller: Caller) async throws -> JobDetail {
        _ = try await jobSummary(job, caller)
        var detail = try await views.detail(job)
        detail.attempts.removeAll { !caller.mayActFor($0.party) }
        detail.metrics.removeAll { !caller.mayActFor($0.party) }
        detail.summaries.removeAll { !caller.mayActFor($0.party) }
        detail.models.removeAll { !caller.mayActFor($0.party) }
        return detail
    }

    public func metrics(job: String, task: String?, _ caller: Caller) async throws -> [TrackingView] {
        _ = try await jobSummary(job, caller)
        let records = try await store.tracking(job: job, task: task, kind: .metric)
        return JobViews.metrics(records.filter { caller.mayActFor($0.party) })
    }

    public func logs(job: String, _ filter: LogFilter, _ caller: Caller) async throws -> LogView {
        _ = try await jobSummary(job, caller)
        var logs = try LogReader(home: home).read(job: job, filter)
        logs.lines.removeAll { !caller.mayActFor($0.party) }
        return logs
    }

    /// Events of a job that the caller may see; none when none is left.
    public func events(after: Int64, job: String, limit: Int, _ caller: Caller) async throws -> [EventView] {
        _ = try await jobSummary(job, caller)
        return try await EventPages(store: store).next(after: after, job: job, limit: limit, caller)
    }

    public func progressText(job: String, _ caller: Caller) async throws -> String {
        views.board.text(job: job, caller)
    }

    /// Stops a job: as a whole where this site coordinates it, else this site's part, which ends it everywhere.
    public func stop(job: String, caller: Caller) async throws {
        let summary = try await jobSummary(job, caller)
        guard summary.ended == nil else {
            throw SiteError("job_ended", "The job \(job) has ended as \(summary.status)")
        }
        if let coordinator = try await driver.coordinator(job), links.isLocal(coordinator.job.initiator) {
            try caller.requireParty(coordinator.job.initiator.id)
            driver.put(.coordinator(job, .stop(by: caller.submitter)))
        } else {
            for member in try await driver.members(of: job) where caller.mayActFor(member.key.party.id) {
                driver.put(.member(member.key, .stop(by: caller.submitter)))
            }
        }
        _ = try await waitForEnd(job, milliseconds: Self.firstAnswersMilliseconds)
    }

    /// Waits for a job's end; nil when it has not ended in time.
    func waitForEnd(_ job: String, milliseconds: Int64) async throws -> JobSummary? {
        let wakes = feed.wakes()
        let deadline = Clocks.monotonicMilliseconds() + milliseconds
        let timeout = Task { [feed] in
            try? await Task.sleep(for: .milliseconds(milliseconds))
            feed.wake()
        }
        defer { timeout.cancel() }
        var iterator = wakes.makeAsyncIterator()
        while true {
            let summary = try await jobSummary(job)
            if summary.ended != nil { return summary }
            guard Clocks.monotonicMilliseconds() < deadline, await iterator.next() != nil else { return nil }
        }
    }

    // MARK: Approval

    public func approvals(_ caller: Caller) async throws -> [ApprovalView] {
        await driver.waitingForApproval.filter { caller.mayActFor($0.key.party.id) }.map { member in
            ApprovalView(
                job: member.key.job, initiator: member.job.initiator.text, party: member.key.party.text,
                reasons: member.failure.map { [$0.what] } ?? [])
        }
    }

    /// Grants a table. Jobs of the partner that waited for this grant alone need no person any more, and go on.
    public func grant(
        _ namespace: String, _ name: String, partner: String, components: [String]?, _ caller: Caller
    ) async throws -> TableView {
        let view = try await tables.grant(namespace, name, partner: partner, components: components, caller)
        for member in await driver.waitingForApproval where member.job.initiator.id == partner {
            let isTrusted = try await trusted.covers(member.key.party.id, member.job)
            let verdict = try await rules.check(member.key.party, member.job, trusted: isTrusted)
            guard case .accepted = verdict else { continue }
            try await driver.step(.member(member.key, .granted))
        }
        return view
    }

    public func decide(job: String, allow: Bool, caller: Caller) async throws {
        let waiting = await driver.waitingForApproval.filter {
            $0.key.job == job && caller.mayActFor($0.key.party.id)
        }
        guard !waiting.isEmpty else {
            throw SiteError("approval_not_found", "No job \(job) waits for approval here")
        }
        for member in waiting {
            let event: Member.Event =
                allow
                ? .approved(by: caller.submitter)
                : .refused(by: caller.submitter, reason: "\(caller.submitter) refused it")
            try await driver.step(.member(member.key, event))
        }
    }
}

extension JobSummary {
    func isVisible(to caller: Caller) -> Bool {
        caller.parties.isEmpty || parties.values.contains { ids in ids.contains { caller.mayActFor($0) } }
    }
}
