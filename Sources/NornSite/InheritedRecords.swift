import NornFlow
import NornStore

/// What a job shows of tasks that it inherited: the attempts, metrics, models, outputs and logs of the job that ran
/// them, as long as that one is kept.
struct InheritedRecords: Sendable {
    /// Jobs in a row that inherit from each other.
    static let chainMaximum = 16

    let store: any Store
    let driver: HeartDriver

    /// The job that ran each inherited task.
    func origins(of job: JobID) async throws -> [String: JobID] {
        if let coordinator = try await driver.coordinator(job) {
            return coordinator.tasks.compactMapValues { $0.inherited?.job }
        }
        // A site that does not coordinate knows of inherited tasks that they succeeded without an attempt here.
        guard let member = try await driver.members(of: job).first, let first = member.job.parameters.inheritance
        else { return [:] }
        let ran = Set(try await store.attempts(job: job).map(\.task))
        var origins: [String: JobID] = [:]
        for name in first.tasks where !ran.contains(name) && member.orders.taskStatuses[name] == .success {
            origins[name] = try await origin(of: name, from: first.job)
        }
        return origins
    }

    private func origin(of task: String, from job: JobID) async throws -> JobID {
        var job = job
        for _ in 0..<Self.chainMaximum {
            if try await store.attempts(job: job).contains(where: { $0.task == task }) { break }
            guard let next = try await driver.members(of: job).first?.job.parameters.inheritance else { break }
            job = next.job
        }
        return job
    }

    /// The job's own records and those of its inherited tasks, under the job's id.
    func all<Record: OfJob>(
        of job: JobID, _ read: (JobID) async throws -> [Record]
    ) async throws -> [Record] {
        var records = try await read(job)
        let origins = try await origins(of: job)
        for source in Set(origins.values).sorted() {
            for var record in try await read(source) where origins[record.task] == source {
                record.job = job
                records.append(record)
            }
        }
        return records
    }
}

/// A record of a task that may be shown under another job.
protocol OfJob {
    var job: String { get set }
    var task: String { get }
}

extension AttemptRecord: OfJob {}
extension TrackingRecord: OfJob {}
extension ArtifactRecord: OfJob {}
