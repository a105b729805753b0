import NornFlow

/// The names in what a partner's site says. They become folders and keys here, so they are held to letters, digits,
/// "_" and "-", as the names of one's own jobs are.
enum PartnerNames {
    static let bytesMaximum = 128

    /// What is wrong first, in words; nil when all names are right.
    static func flaw(in message: Message) -> String? {
        if let flaw = flaw(message.job, "the job's id") { return flaw }
        for party in [message.from, message.to] {
            if let flaw = flaw(party.id, "a party's id") { return flaw }
        }
        switch message {
        case .orders(let orders):
            for attempt in orders.body.attempts {
                if let flaw = flaw(attempt.task, "the name of a task") { return flaw }
                for input in attempt.inputs {
                    if let flaw = flaw(input.task, "the name of a task") { return flaw }
                }
            }
            return orders.contract.flatMap(flaw(in:))
        case .report(let report):
            return report.body.attempts.lazy.compactMap { flaw($0.task, "the name of a task") }.first
        }
    }

    private static func flaw(in job: Job) -> String? {
        if let flaw = flaw(job.id, "the job's id") { return flaw }
        for party in job.parties + [job.initiator] {
            if let flaw = flaw(party.id, "a party's id") { return flaw }
        }
        for task in job.tasks {
            if let flaw = flaw(task.name, "the name of a task") { return flaw }
            for input in task.inputs {
                if let flaw = flaw(input.task, "the name of a task") { return flaw }
            }
        }
        return nil
    }

    private static func flaw(_ name: String, _ what: String) -> String? {
        let isRight = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
        return isRight && !name.isEmpty && name.utf8.count <= bytesMaximum ? nil : "\(what) \"\(name.prefix(40))\""
    }
}
