import Foundation
import NornFlow
import NornManifest
import NornStore

/// How a job comes to a site.
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
        try disk.requireRoom()
        guard await driver.liveJobs < settings.jobs.liveJobs else {
            throw SiteError(
                "too_many_jobs", "\(settings.jobs.liveJobs) jobs live at this site", hint: "Wait for some to end")
        }
        try await checkRelations(job, caller)
        do {
            try await checkParties(job, caller)
        } catch let error as SiteError {
            try await store.appendAudit([
                AuditWords.refusal(
                    of: job, by: error, submitter: caller.submitter, time: Clocks.wallMilliseconds())
            ])
            throw error
        }
        let contract = offering(job)
        try await trusted.remember(caller, job: job.id) { try await driver.step(.submit(contract), values: [$0]) }
        if !job.parties.allSatisfy(links.isLocal) { try await awaitFirstAnswers(job.id) }
    }

    /// The job with what other sites compare; of this site alone there is nothing to compare.
    func offering(_ job: Job) -> Job {
        job.parties.allSatisfy(links.isLocal) ? job : rules.agreement.offering(job, from: shelf.catalogue)
    }

    /// Jobs that this one waits for or inherits from must be there, and not have failed.
    private func checkRelations(_ job: Job, _ caller: Caller) async throws {
        for (index, other) in job.parameters.dependsOn.enumerated() {
            let field = "conf.job_parameters.common.depends_on[\(index)]"
            guard let coordinator = try await driver.coordinator(other), other != job.id,
                caller.mayActFor(coordinator.job.initiator.id)
            else {
                throw SiteError(
                    "dependency_not_valid", "There is no job \(other) of this site to wait for", field: field,
                    hint: "norn job list shows the jobs")
            }
            guard coordinator.phase != .ended || coordinator.status == .success else {
                throw SiteError(
                    "dependency_not_valid", "The job \(other) ended as \(coordinator.status.rawValue)", field: field,
                    hint: "Run it again first: norn job rerun \(other)")
            }
        }
        if job.parameters.inheritance != nil { try links.requireReruns(of: job.parties, field: InheritanceRules.field) }
        if job.tasks.contains(where: { task in task.inputs.contains { $0.model != nil } }) {
            try links.requireModels(of: job.parties, field: "conf.job_parameters.common.model_version")
        }
        _ = try await InheritanceRules(store: store).check(job)
    }

    /// Every party must be reachable; those of this site must take part.
    func checkParties(_ job: Job, _ caller: Caller) async throws {
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
        var terms: [Party: Member.Terms] = [:]
        for party in job.parties where links.isLocal(party) {
            let verdict = try await rules.check(
                party, job, trusted: caller.mayActFor(party.id), isOfSite: caller == .site)
            switch verdict {
            case .accepted(let accepted): terms[party] = accepted
            case .refused(let failure): throw SiteError(failure)
            case .waitingForApproval(_, let reason):
                throw SiteError(
                    "table_not_granted", reason, party: party.text,
                    hint:
                        "Its owner grants it: norn data grant --to \(job.initiator.id), or approval.rules in site.yaml")
            }
        }
        if let failure = rules.neverGrantable(job, terms) { throw SiteError(failure) }
    }

    /// Waits until every party has said yes, one has refused, or a little time has passed.
    private func awaitFirstAnswers(_ job: JobID) async throws {
        _ = try await awaited(job, milliseconds: Self.firstAnswersMilliseconds) { () async throws -> Bool? in
            guard let coordinator = try await driver.coordinator(job) else { return true }
            switch coordinator.phase {
            case .creating: break
            case .ending, .ended:
                guard let failure = coordinator.failure,
                    coordinator.outcome == .failed || coordinator.status == .failed,
                    failure.code == .refused || failure.code == .neverGrantable || failure.code == .invalidJob
                else { return true }
                throw SiteError(failure)
            case .reserving, .running, .paused: return true
            }
            let approvals = coordinator.members.values.map(\.report?.approval)
            // Parties that have all said yes leave a job creating that waits for another one.
            return approvals.contains(.waitingForApproval) || approvals.allSatisfy { $0 == .approved } ? true : nil
        }
    }

    // MARK: Keys

    /// Submits once for each key of the caller: `submit` gets the job's id and whether the key was used before.
    public func submitOnce<Value: Sendable>(
        key: String, description: String, caller: Caller,
        _ submit: @Sendable (JobID, Bool) async throws -> Value
    ) async throws -> Value {
        try await submissionKeys.claiming(key, of: caller.submitter, description: description) { claim in
            try await submit(claim.job, claim.isKnown)
        }
    }

    /// A job that may not be there.
    public func existingJob(_ job: JobID, _ caller: Caller) async throws -> JobSummary? {
        guard try await store.job(job) != nil else { return nil }
        return try await jobSummary(job, caller)
    }
}
