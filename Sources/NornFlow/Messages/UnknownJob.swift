/// Answers to a partner that speaks of a job of which this site has no row: it was restored from an older backup, or
/// the job was cleaned up here. Without them the partner would ask for ever.
///
/// No reordering of messages brings a site here: a row is durable before the first answer to the partner, and orders
/// carry the contract until that answer has come.
extension Report {
    /// What a member without a row says to orders without a contract: it holds nothing, and wants the job to end. Nil
    /// when the orders carry the contract, from which the row is made.
    /// - Parameters:
    ///   - site: this site's name.
    ///   - epoch: the number of this start of the site.
    public init?(toUnknown orders: Orders, site: String, epoch: UInt64) {
        guard orders.contract == nil else { return nil }
        var body = Body()
        body.settled = true
        if orders.body.end == nil {
            body.wantsStop = true
            body.failure = UnknownJob.failure(at: orders.to)
        }
        self.init(
            job: orders.job, from: orders.to, to: orders.from, site: site, epoch: epoch, fence: orders.fence,
            number: orders.acknowledgedReport + 1, acknowledgedOrders: orders.number, heartbeat: orders.heartbeat,
            needsAnswer: false, body: body, contractNumber: orders.contractNumber, timing: orders.timing)
    }
}

extension Orders {
    /// What a coordinator without a row says to a member that lives: stop all, give all back. One that has settled only
    /// needs to know that it was heard.
    public init(toUnknown report: Report) {
        var body = Body()
        body.end = .failed
        body.endFailure = UnknownJob.failure(at: report.to)
        body.jobStatus = .failed
        let isSettled = report.body.settled
        self.init(
            job: report.job, from: report.to, to: report.from, fence: isSettled ? report.fence : report.fence + 1,
            number: isSettled ? 0 : 1, acknowledgedReport: report.number, heartbeat: report.heartbeat,
            needsAnswer: false, contract: nil, contractNumber: report.contractNumber ?? 0, timing: report.timing,
            body: body)
    }
}

private enum UnknownJob {
    static func failure(at party: Party) -> Failure {
        Failure(
            .stopped,
            "the site of \(party) does not know this job any more: it was restored from an older backup, or the job "
                + "was cleaned up there", party: party, advice: "submit the job again")
    }
}
