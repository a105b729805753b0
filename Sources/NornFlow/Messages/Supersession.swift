extension Message {
    /// Messages of one lane follow each other: each says the whole of what its sender has to say there.
    public struct Lane: Sendable, Hashable {
        var isReport: Bool
        var job: JobID
        var from: Party
        var to: Party
    }

    public var lane: Lane {
        let isReport = if case .report = self { true } else { false }
        return Lane(isReport: isReport, job: job, from: from, to: to)
    }

    /// The one message to send in place of an earlier one of the same lane and of this, when both are sent at the same
    /// moment. To the receiver it is as if the earlier one had been lost, which does no harm; what that one asked for
    /// is asked for still.
    public func superseding(_ earlier: Message) -> Message {
        switch (earlier, self) {
        case (.orders(let earlier), .orders(var orders)):
            orders.needsAnswer = orders.needsAnswer || earlier.needsAnswer
            if orders.contractNumber == earlier.contractNumber { orders.contract = orders.contract ?? earlier.contract }
            return .orders(orders)
        case (.report(let earlier), .report(var report)):
            report.needsAnswer = report.needsAnswer || earlier.needsAnswer
            return .report(report)
        default: return self
        }
    }
}
