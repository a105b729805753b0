import NornFlow

/// What other sites read of a failure at a party of this one. A component's own words may hold anything, so they stay
/// in the party's log: its kind, its task and its party cross, and where the text is.
struct FailureDisclosure: Sendable {
    /// The setting `federation.share_error_texts`.
    let sharesTexts: Bool
    let isLocal: @Sendable (Party) -> Bool

    /// The message as a site of others gets it.
    func disclosed(_ message: Message) -> Message {
        guard !sharesTexts else { return message }
        switch message {
        case .orders(var orders):
            orders.body.endFailure = disclosed(orders.body.endFailure)
            for place in orders.body.attempts.indices {
                orders.body.attempts[place].stop = disclosed(orders.body.attempts[place].stop)
            }
            return .orders(orders)
        case .report(var report):
            report.body.failure = disclosed(report.body.failure)
            for place in report.body.attempts.indices {
                report.body.attempts[place].failure = disclosed(report.body.attempts[place].failure)
            }
            return .report(report)
        }
    }

    private func disclosed(_ failure: Failure?) -> Failure? {
        guard var failure, let party = failure.party, isLocal(party) else { return failure }
        let task = failure.task ?? "a task"
        switch failure.code {
        case .componentFailed: failure.what = "the component of \(task) failed at \(party.text)"
        case .workerNotStarted: failure.what = "the worker of \(task) was not started at \(party.text)"
        default: return failure
        }
        failure.advice = "The log at \(party.text) has the text"
        failure.field = nil
        return failure
    }
}
