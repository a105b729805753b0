import Foundation
import NornFlow
import NornStore

/// The row by which people find a job, from the heart's aggregates.
enum JobIndex {
    static func record(_ job: JobID, rows: HeartRows, encoder: JSONEncoder) throws -> JobRecord {
        let wall = Clocks.wallMilliseconds()
        if let coordinator = rows.coordinators[job]?.value {
            var record = try fresh(coordinator.job, status: coordinator.status, wall: wall, encoder: encoder)
            record.waiting = WaitingView.line(coordinator.waitingReasons().map { WaitingView($0, InstantClock()) })
            record.started = coordinator.phase == .running ? wall : nil
            record.ended = coordinator.phase == .ended ? wall : nil
            record.failure = try coordinator.failure.map { try encoder.encode(SiteError($0)) }
            return record
        }
        let members = rows.members.values.map(\.value).filter { $0.key.job == job }.sorted { $0.key < $1.key }
        guard let member = members.first else { throw SiteError.notFound("job", job) }
        let status = member.orders.end ?? member.orders.jobStatus
        var record = try fresh(member.job, status: status, wall: wall, encoder: encoder)
        record.specification = Data()
        record.started = status == .running ? wall : nil
        record.ended = members.allSatisfy(\.isSettled) ? wall : nil
        let failure = member.orders.endFailure ?? members.compactMap(\.failure).first
        record.failure = try failure.map { try encoder.encode(SiteError($0)) }
        if members.contains(where: { $0.approval == .waitingForApproval }) {
            record.waiting = "a person here has to approve it: norn job approve \(job)"
        }
        return record
    }

    private static func fresh(_ job: Job, status: JobStatus, wall: Int64, encoder: JSONEncoder) throws -> JobRecord {
        var parties: [String: [String]] = [:]
        for party in job.parties { parties[party.role.rawValue, default: []].append(party.id) }
        return JobRecord(
            job: job.id, status: status.rawValue, submitter: job.parameters.submitter,
            initiator: job.initiator.text, parties: parties, specification: try encoder.encode(job), created: wall)
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
