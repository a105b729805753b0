import NornFlow
import NornStore

/// What the site's doings are called in its audit log. No row of data and no word of a component is among them.
enum AuditWords {
    /// The rules of the settings, where no person decided.
    static let rules = "rules"
    /// Names of components that one entry lists.
    static let componentsListed = 20

    /// A party's word on a job; nil for other changes.
    static func entry(of record: LogEntry, _ member: Member?, time: Int64) -> NewAuditEntry? {
        guard record.subject == .approval, let party = record.party else { return nil }
        let kind: AuditKind
        switch ApprovalStatus(rawValue: record.to) {
        case .approved: kind = .jobApproved
        case .refused: kind = .jobRefused
        case .waitingForApproval: kind = .jobAsked
        case .checking, nil: return nil
        }
        let person = kind == .jobApproved ? member?.approver : nil
        let initiator = member.map { "of \($0.job.initiator.text)" } ?? ""
        let why = record.failure.map { ": \($0.what)" } ?? ""
        return NewAuditEntry(
            time: time, kind: kind, actor: person ?? rules, job: record.job, party: party.text,
            subject: member.map { components(of: $0.job, at: party) } ?? "", text: initiator + why)
    }

    /// A submission that was refused before it became a job.
    static func refusal(of job: Job, by error: SiteError, submitter: String, time: Int64) -> NewAuditEntry {
        NewAuditEntry(
            time: time, kind: .jobRefused, actor: rules, job: job.id, party: error.party ?? job.initiator.text,
            subject: components(of: job, at: nil), text: "submitted by \(submitter): \(error.message)")
    }

    /// What somebody did with a plugin while the site serves.
    static func entry(of change: PluginChange) -> NewAuditEntry {
        let kind: AuditKind
        switch change.action {
        case .install: kind = .pluginInstalled
        case .remove: kind = .pluginRemoved
        case .disable: kind = .pluginDisabled
        case .enable: kind = .pluginEnabled
        case .refuse: kind = .pluginRefused
        }
        return NewAuditEntry(
            time: change.time, kind: kind, actor: change.caller,
            subject: change.version.isEmpty ? change.plugin : "\(change.plugin)@\(change.version)",
            digest: change.digest, text: change.detail)
    }

    static func started(_ order: AttemptOrder, _ plugin: PluginShelf.Plugin, time: Int64) -> NewAuditEntry {
        run(.runStarted, order, plugin, text: "", time: time)
    }

    /// - Parameter failure: only its code is noted: its words may be a component's.
    static func ended(
        _ order: AttemptOrder, _ plugin: PluginShelf.Plugin, status: String, failure: Failure?, time: Int64
    ) -> NewAuditEntry {
        run(
            .runEnded, order, plugin, text: failure.map { " \(status): \($0.code.rawValue)" } ?? " \(status)",
            time: time)
    }

    private static func run(
        _ kind: AuditKind, _ order: AttemptOrder, _ plugin: PluginShelf.Plugin, text: String, time: Int64
    ) -> NewAuditEntry {
        let attempt = order.attempt
        return NewAuditEntry(
            time: time, kind: kind, actor: "site", job: attempt.job, party: attempt.party.text,
            subject: "\(order.task.module) of \(plugin.name)", digest: plugin.digest,
            text: "\(attempt.task), attempt \(attempt.number)\(text)")
    }

    private static func components(of job: Job, at party: Party?) -> String {
        let modules = Set(job.tasks.filter { task in party.map(task.parties.contains) ?? true }.map(\.module)).sorted()
        let more = modules.count > componentsListed ? " and \(modules.count - componentsListed) more" : ""
        return modules.prefix(componentsListed).joined(separator: ", ") + more
    }
}

extension HeartStep {
    /// What of this turn belongs into the audit log: written in the same transaction.
    func auditEntries(time: Int64) -> [NewAuditEntry] {
        records.compactMap { record in
            let member = record.party.flatMap { members[MemberKey(job: record.job, party: $0)]?.value }
            return AuditWords.entry(of: record, member, time: time)
        }
    }
}
