import NornFlow

/// What clean-up has to know of the heart.
extension HeartDriver {
    /// Whether anything of a job may still happen at this site.
    func isLiving(_ job: JobID) async throws -> Bool {
        if let coordinator = try await coordinator(job), coordinator.phase != .ended { return true }
        return try await members(of: job).contains { !$0.isSettled }
    }

    /// Parties of an ended job that have not confirmed the end: they are told until they do. When the rows of the job
    /// are gone, a party that asks is told by `Orders(toUnknown:)` that it failed, and ends its part.
    func unconfirmed(_ job: JobID) async throws -> [Party] {
        guard let coordinator = try await coordinator(job), coordinator.phase == .ended else { return [] }
        let confirmed = coordinator.stopConfirmed
        return coordinator.job.parties.filter { confirmed[$0] != true }
    }

    /// Ended jobs that living ones inherit from, wait for, or take models from.
    var neededJobs: Set<JobID> {
        let coordinators = rows.index.liveCoordinators.compactMap { rows.coordinators[$0]?.value.job }
        let members = rows.index.liveMembers.compactMap { rows.members[$0]?.value.job }
        return (coordinators + members).reduce(into: []) { needed, job in
            needed.formUnion(job.parameters.dependsOn)
            if let inheritance = job.parameters.inheritance { needed.insert(inheritance.job) }
            if let change = job.parameters.modelChange { needed.insert(change.source.version) }
            needed.formUnion(job.tasks.flatMap(\.inputs).compactMap(\.model?.version))
        }
    }

    /// Jobs of which anything lives here.
    var livingJobs: Set<JobID> { rows.index.liveCoordinators.union(rows.index.liveMembers.map(\.job)) }

    /// Live jobs that this site coordinates.
    var coordinatedJobs: [JobID] { rows.index.liveCoordinators.sorted() }

    /// Drops the rows of an ended job that the store has no more.
    func forget(_ job: JobID) { rows.forget(job) }
}
