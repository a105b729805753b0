import NornFlow
import NornManifest

/// Whether what a job asks for could ever be granted here: by the site's resources, and by the limits of its policy.
extension JobRules {
    /// Why the job could never have what it asks for its parties at this site, which is held together; nil when it
    /// could.
    /// - Parameter terms: of those parties.
    func neverGrantable(_ job: Job, _ terms: [Party: Member.Terms]) -> Failure? {
        let parts = job.parties.compactMap { party in
            terms[party].map { terms in
                LedgerPolicy.Part(
                    claim: terms.claim(of: job),
                    account: Account(party: party, initiator: job.initiator, submitter: job.submitter))
            }
        }
        return overLimit(job, parts) ?? tooLarge(job, parts)
    }

    private func overLimit(_ job: Job, _ parts: [LedgerPolicy.Part]) -> Failure? {
        guard let excess = LedgerPolicy(settings.scheduling).excess(of: parts), let party = excess.parties.first
        else { return nil }
        let field = JobNeeds(job: job, party: party, capacity: capacity).field(of: .cores)
        return Failure(
            .neverGrantable,
            "the job asks for \(excess.wanted) cores at \(Self.names(excess.parties)), whose site allows \(excess.whose) "
                + "\(excess.most) at once", party: party, field: field,
            advice: "Lower \(field) or task_parallelism so that they come to at most \(excess.most), or have "
                + "scheduling.limits[\(excess.limit)].cores raised at the site of \(party.text)")
    }

    private func tooLarge(_ job: Job, _ parts: [LedgerPolicy.Part]) -> Failure? {
        let together = parts.reduce(Resources.none) { $0 + $1.claim.resources }
        guard let missing = together.missing(from: capacity).first, let party = parts.first?.account.party
        else { return nil }
        let field = JobNeeds(job: job, party: party, capacity: capacity).field(of: missing.kind)
        return Failure(
            .neverGrantable,
            "the job asks for \(missing.wanted) \(missing.kind.key.name) at \(Self.names(parts.map(\.account.party))), "
                + "whose site lends \(missing.available)", party: party, field: field,
            advice: "Lower \(field) or task_parallelism so that they come to at most \(missing.available)")
    }

    private static func names(_ parties: [Party]) -> String { parties.map(\.text).joined(separator: ", ") }

    /// What the job asks at least for the other parties of this site: without the rows of their tables, which a
    /// partner's job does not tell them of each other.
    func leastTerms(besides party: Party, _ job: Job, engine: String) -> [Party: Member.Terms] {
        var all: [Party: Member.Terms] = [:]
        for other in job.parties where other != party && isLocal(other) {
            let needs = JobNeeds(job: job, party: other, capacity: capacity)
            var terms = Member.Terms(engine: engine, needs: [:], capacity: capacity)
            for task in job.tasks where task.parties.contains(other) {
                guard case .success(let entry) = component(task, engine, other) else { continue }
                terms.needs[task.name] = try? needs.resources(entry.component, rows: 0)
            }
            all[other] = terms
        }
        return all
    }
}
