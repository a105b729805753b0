import NornFlow

/// Which jobs wait for the end of which others, at this site.
struct HeartDependents: Sendable {
    private var waiting: [JobID: Set<JobID>] = [:]

    mutating func add(_ job: JobID, for others: [JobID]) {
        for other in others { waiting[other, default: []].insert(job) }
    }

    /// Takes those that wait for a job which has ended.
    mutating func take(for other: JobID) -> [JobID] { waiting.removeValue(forKey: other)?.sorted() ?? [] }
}

extension HeartDriver {
    /// Remembers who waits, then looks at once for those that have ended: nothing is missed in between.
    func await(_ others: [JobID], for job: JobID) {
        dependents.add(job, for: others)
        Task {
            for other in others {
                let coordinator = try? await coordinator(other)
                // One that is gone was cleaned away: nobody will ever say how it ended.
                let status = coordinator.map { $0.phase == .ended ? $0.status : nil } ?? .failed
                if let status { put(.coordinator(job, .dependencyEnded(other, status))) }
            }
        }
    }

    func tellDependents(ofEnded jobs: [JobID: JobStatus]) {
        for (other, status) in jobs.sorted(by: { $0.key < $1.key }) {
            for job in dependents.take(for: other) { put(.coordinator(job, .dependencyEnded(other, status))) }
        }
    }
}
