import Foundation
import NornFlow
import NornStore

/// A job as the caller's parties at this site see it: what a dialect makes its rows from.
public struct JobFacts: Sendable {
    public var summary: JobSummary
    /// Parties of this site for which the caller may act, in the order of the job, each with its view of the job.
    public var parties: [(party: Party, job: Job)]
    public var tasks: [TaskView]

    /// Tasks that have ended, of all.
    public var progressPercent: Int {
        let ended = tasks.count { TaskStatus(rawValue: $0.status)?.isFinal == true }
        return tasks.isEmpty ? 0 : ended * 100 / tasks.count
    }
}

extension Site {
    /// - Throws: `job_not_found` also for a job that the caller may not see.
    public func jobFacts(_ job: JobID, _ caller: Caller) async throws -> JobFacts {
        try await facts(try await jobSummary(job, caller), caller)
    }

    /// Newest first; a job that was cleaned meanwhile is left out.
    public func jobFacts(_ query: JobQuery, _ caller: Caller) async throws -> (jobs: [JobFacts], total: Int) {
        let list = try await jobSummaries(query, caller)
        var all: [JobFacts] = []
        for summary in list.jobs { all.append(try await facts(summary, caller)) }
        return (all, list.total)
    }

    private func facts(_ summary: JobSummary, _ caller: Caller) async throws -> JobFacts {
        let coordinated = try await driver.coordinator(summary.job)?.job
        let members = try await driver.members(of: summary.job)
        var parties: [(party: Party, job: Job)] = []
        if let job = coordinated {
            parties = job.parties.filter { links.isLocal($0) }.map { ($0, job.view(for: $0)) }
        } else {
            parties = members.map { ($0.key.party, $0.job) }
        }
        return JobFacts(
            summary: summary, parties: parties.filter { caller.mayActFor($0.party.id) },
            tasks: try await views.tasks(summary.job))
    }
}

/// What a party of this site holds for a job.
public struct HeldResources: Sendable {
    public var job: JobID
    public var party: Party
    public var resources: Resources
}

extension Site {
    /// Members of jobs looked at.
    static let membersLookedAt = 10_000

    /// What living jobs hold for the caller's parties.
    public func heldResources(_ caller: Caller) async throws -> [HeldResources] {
        let ledger = await driver.ledger
        return await driver.liveMemberKeys.prefix(Self.membersLookedAt).compactMap { key in
            guard caller.mayActFor(key.party.id), let entry = ledger.entry(of: key), entry.status != .queued else {
                return nil
            }
            return HeldResources(job: key.job, party: key.party, resources: entry.claim.resources)
        }
    }
}
