import Foundation
import NornFlow
import NornStore

/// The row by which people find a job, from the heart's aggregates.
enum JobIndex {
    /// - Parameters:
    ///   - isNew: the first row of the job or of a rerun; the store keeps the specification that comes with it.
    ///   - members: those of the job at this site, in the order of their parties.
    static func record(
        _ job: JobID, coordinator: Coordinator?, isNew: Bool, members: [Member], encoder: JSONEncoder
    ) throws -> JobRecord {
        let wall = Clocks.wallMilliseconds()
        if let coordinator {
            var record = fresh(coordinator.job, status: coordinator.status, wall: wall)
            if isNew { record.specification = try encoder.encode(coordinator.job) }
            record.waiting = WaitingView.line(coordinator.waitingReasons().map { WaitingView($0, InstantClock()) })
            record.started = coordinator.phase == .running ? wall : nil
            record.ended = coordinator.phase == .ended ? wall : nil
            record.failure = try coordinator.failure.map { try encoder.encode(SiteError($0)) }
            return record
        }
        guard let member = members.first else { throw SiteError.notFound("job", job) }
        let status = member.orders.end ?? member.orders.jobStatus
        var record = fresh(member.job, status: status, wall: wall)
        record.started = status == .running ? wall : nil
        record.ended = members.allSatisfy(\.isSettled) ? wall : nil
        let failure = member.orders.endFailure ?? members.compactMap(\.failure).first
        record.failure = try failure.map { try encoder.encode(SiteError($0)) }
        if members.contains(where: { $0.approval == .waitingForApproval }) {
            record.waiting = "a person here has to approve it: norn job approve \(job)"
        }
        return record
    }

    private static func fresh(_ job: Job, status: JobStatus, wall: Int64) -> JobRecord {
        var parties: [String: [String]] = [:]
        for party in job.parties { parties[party.role.rawValue, default: []].append(party.id) }
        return JobRecord(
            job: job.id, status: status.rawValue, submitter: job.parameters.submitter,
            initiator: job.initiator.text, parties: parties, specification: Data(), created: wall)
    }
}

extension Party {
    /// `guest:9999`, as people and the federation write it.
    var text: String { "\(role.rawValue):\(id)" }
}

extension SiteError {
    init(_ failure: Failure) {
        var message = failure.what
        if let task = failure.task, !message.contains(task) { message = "\(task): \(message)" }
        self.init(
            failure.code.rawValue, message, field: failure.field, party: failure.party?.text,
            hint: failure.advice.isEmpty ? nil : failure.advice)
    }
}
