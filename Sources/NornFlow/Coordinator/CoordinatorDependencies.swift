extension Coordinator {
    /// Jobs that have to end, as success, before this one begins.
    public var awaitedJobs: [JobID] {
        outcome == nil ? job.parameters.dependsOn.filter { endedDependencies[$0] == nil } : []
    }

    /// Whether the site still has to say which tasks are inherited.
    public var awaitsInheritance: Bool {
        outcome == nil && phase == .creating && job.parameters.inheritance != nil && !isInheritanceKnown
    }

    /// Asks the site for what only it knows, again after a restart.
    func lookUp(_ effects: inout [Effect]) {
        guard phase == .creating, outcome == nil else { return }
        if !awaitedJobs.isEmpty { effects.append(.awaitJobs(job.id, awaitedJobs)) }
        if awaitsInheritance, let inheritance = job.parameters.inheritance {
            effects.append(.inherit(job.id, inheritance))
        }
    }

    mutating func dependencyEnded(_ other: JobID, _ status: JobStatus, _ effects: inout [Effect]) {
        guard phase == .creating, awaitedJobs.contains(other), status.isFinal else { return }
        endedDependencies[other] = status
        guard status != .success else { return }
        let failure = Failure(
            .dependencyFailed, "the job depends on \(other), which ended as \(status.rawValue)",
            field: "job_parameters.common.depends_on", advice: "run \(other) again, then this job")
        decide(.failed, failure, &effects)
    }

    /// Takes over what an earlier job has done: these tasks never run.
    mutating func inherit(_ found: [String: InheritedTask], _ effects: inout [Effect]) {
        guard awaitsInheritance, let inheritance = job.parameters.inheritance else { return }
        isInheritanceKnown = true
        for name in taskNames where inheritance.tasks.contains(name) {
            guard let source = found[name], tasks[name]?.status == .waiting else { continue }
            tasks[name]?.inherited = source
            move(name, to: .success, &effects)
        }
    }
}
