import NornFlow
import NornStore

/// What the people of a party say to partners' jobs.
extension Site {
    public func approvals(_ caller: Caller) async throws -> [ApprovalView] {
        var views: [ApprovalView] = []
        for member in await driver.waitingForApproval where caller.mayActFor(member.key.party.id) {
            let exact = try await rules.missingTables(member.key.party, member.job)
            views.append(
                ApprovalView(
                    job: member.key.job, initiator: member.job.initiator.text, party: member.key.party.text,
                    reasons: (member.failure.map { [$0.what] } ?? []) + exact))
        }
        return views
    }

    /// Grants a table. Jobs of the partner that waited for this grant alone need no person any more, and go on.
    public func grant(
        _ namespace: String, _ name: String, partner: String, components: [String]?, _ caller: Caller
    ) async throws -> TableView {
        let view = try await tables.grant(namespace, name, partner: partner, components: components, caller)
        let only = components.map { " for jobs of \($0.joined(separator: ", "))" } ?? ""
        try await audit(
            .grantGiven, by: caller, party: view.owner, subject: "\(namespace)/\(name)", text: "to \(partner)\(only)")
        for member in await driver.waitingForApproval where member.job.initiator.id == partner {
            let isTrusted = try await trusted.covers(member.key.party.id, member.job)
            let verdict = try await rules.check(member.key.party, member.job, trusted: isTrusted)
            guard case .accepted = verdict else { continue }
            try await driver.step(.member(member.key, .granted))
        }
        return view
    }

    /// Takes a grant back. Jobs that have begun go on.
    public func revoke(
        _ namespace: String, _ name: String, partner: String, _ caller: Caller
    ) async throws -> TableView {
        let view = try await tables.revoke(namespace, name, partner: partner, caller)
        try await audit(
            .grantTaken, by: caller, party: view.owner, subject: "\(namespace)/\(name)", text: "from \(partner)")
        return view
    }

    /// Characters of a reason that a partner reads.
    static let reasonMaximum = 500

    /// A person's word on a partner's job that waits for it.
    /// - Parameter reason: of a refusal, for the partner.
    public func decide(job: String, allow: Bool, reason: String?, caller: Caller) async throws {
        guard reason?.count ?? 0 <= Self.reasonMaximum else {
            throw SiteError.invalid("A reason has at most \(Self.reasonMaximum) characters", field: "reason")
        }
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
                : .refused(by: caller.submitter, reason: reason ?? "no reason is given")
            try await driver.step(.member(member.key, event))
        }
    }
}
