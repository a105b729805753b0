import NornFlow
import NornStore

/// The stored table of an attempt, if the job may still read it: between the check of a job and an attempt the table
/// may go, and its owner may take a grant back.
struct TableReadings: Sendable {
    let store: any Store
    let rules: JobRules
    let trusted: TrustedSubmissions

    func table(of attempt: AttemptIdentity) async throws -> TableRecord {
        let key = MemberKey(job: attempt.job, party: attempt.party)
        guard let member = try await HeartRows.member(key, in: store), let task = member.job.task(named: attempt.task)
        else { throw SiteError.notFound("job", attempt.job) }
        let isTrusted = try await trusted.covers(key.party.id, member.job)
        // A person who said yes to the job said so whatever the grants.
        let answer = try await rules.table(
            task, key.party, member.job, trusted: isTrusted || member.approver != nil)
        switch answer {
        case .readable(let table): return table
        case .needsApproval(let reason):
            throw SiteError(
                "table_not_granted", reason, party: key.party.text,
                hint: "Its owner grants it: norn data grant --to \(member.job.initiator.id)")
        case .refused, .notNamed:
            throw SiteError(
                "table_not_found", "The table of \(attempt.task) is not there any more", party: key.party.text,
                hint: "Upload it again and submit the job again")
        }
    }
}
