import NornFlow

/// The names in what a partner's site says. They become folders and keys here, so they are held to letters, digits,
/// "_" and "-", as the names of one's own jobs are.
enum PartnerNames {
    static let bytesMaximum = 128
    /// Of a model's id, which names every party.
    static let modelIDBytesMaximum = 32_768

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
                    if let flaw = flaw(input) { return flaw }
                }
            }
            return orders.contract.flatMap(flaw(in:))
        case .report(let report):
            return report.body.attempts.lazy.compactMap { flaw($0.task, "the name of a task") }.first
        }
    }

    static func flaw(in job: Job) -> String? {
        if let flaw = flaw(job.id, "the job's id") { return flaw }
        for party in job.parties + [job.initiator] {
            if let flaw = flaw(party.id, "a party's id") { return flaw }
        }
        for task in job.tasks {
            if let flaw = flaw(task.name, "the name of a task") { return flaw }
            for input in task.inputs {
                if let flaw = flaw(input.task, "the name of a task") { return flaw }
                if let model = input.model, let flaw = flaw(model) { return flaw }
            }
        }
        if let model = job.parameters.model, let flaw = flaw(model) { return flaw }
        return job.parameters.modelChange.flatMap(flaw(in:))
    }

    private static func flaw(_ input: ResolvedInput) -> String? {
        flaw(input.task, "the name of a task") ?? input.model.flatMap(flaw(_:))
    }

    private static func flaw(in change: ModelChange) -> String? {
        if let flaw = flaw(change.source) { return flaw }
        for checkpoint in change.checkpoints {
            if let flaw = flaw(checkpoint.task, "the name of a task") { return flaw }
        }
        for party in change.moves.flatMap({ [$0.from, $0.to] }) {
            if let flaw = flaw(party.id, "a party's id") { return flaw }
        }
        return nil
    }

    /// What is wrong with the names of a version of a model; nil when they are right.
    static func flaw(_ model: ModelReference) -> String? {
        guard model.id.utf8.count <= modelIDBytesMaximum, ModelReference.parties(of: model.id) != nil else {
            return "the model's id \"\(model.id.prefix(40))\""
        }
        return flaw(model.version, "the model's version")
    }

    private static func flaw(_ name: String, _ what: String) -> String? {
        let isRight = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
        return isRight && !name.isEmpty && name.utf8.count <= bytesMaximum ? nil : "\(what) \"\(name.prefix(40))\""
    }
}
