import Foundation
import NornFlow
import NornStore

/// What is to run again of an ended job.
public struct RerunRequest: Sendable {
    /// These and all that they feed; with `only` empty and this empty what did not succeed.
    public var from: [String]
    /// These alone.
    public var only: [String]
    /// Every task.
    public var all: Bool
    /// The job with changed parameters, read with the job's own id and graph.
    public var job: Job?

    public init(from: [String] = [], only: [String] = [], all: Bool = false, job: Job? = nil) {
        self.from = from
        self.only = only
        self.all = all
        self.job = job
    }

    fileprivate func selection() throws -> Rerun.Selection {
        let given = [!from.isEmpty, !only.isEmpty, all].count { $0 }
        guard given <= 1 else {
            throw SiteError.invalid(
                "A rerun takes one of from, only and all", field: only.isEmpty ? "from" : "only",
                hint: "Without any, it runs what did not succeed or has other parameters")
        }
        if all { return .all }
        return only.isEmpty ? .from(from) : .only(only)
    }
}

extension Site {
    /// The job of an ended coordinator, for those who control it.
    public func controlledJob(_ job: JobID, _ caller: Caller) async throws -> Job {
        try await coordinator(job, caller).job
    }

    /// What a rerun would do; nothing changes.
    public func rerunPlan(job: JobID, _ request: RerunRequest, _ caller: Caller) async throws -> RerunView {
        let coordinator = try await coordinator(job, caller)
        let plan = try Self.plan(coordinator, try await rerun(request, coordinator, caller))
        try links.requireReruns(of: coordinator.job.parties, field: nil)
        return RerunView(plan, summary: try await jobSummary(job, caller))
    }

    /// Begins an ended job again, as its plan says.
    public func rerun(job: JobID, _ request: RerunRequest, _ caller: Caller) async throws -> RerunView {
        guard !isDraining else { throw SiteError("draining", "The site is about to stop", hint: "Rerun it later") }
        let coordinator = try await coordinator(job, caller)
        let rerun = try await rerun(request, coordinator, caller)
        let plan = try Self.plan(coordinator, rerun)
        try links.requireReruns(of: coordinator.job.parties, field: nil)
        if let changed = request.job { try await checkParties(changed, caller) }
        try await trusted.remember(caller, job: job) {
            try await driver.step(.coordinator(job, .rerun(rerun)), values: [$0])
        }
        guard try await driver.coordinator(job)?.contractNumber != coordinator.contractNumber else {
            throw SiteError("conflict", "The job \(job) changed meanwhile", hint: "Look at it and try again")
        }
        return RerunView(plan, summary: try await jobSummary(job, caller))
    }

    private static func plan(_ coordinator: Coordinator, _ rerun: Rerun) throws -> RerunPlan {
        do {
            return try coordinator.plan(rerun)
        } catch {
            throw SiteError(error)
        }
    }

    private func rerun(_ request: RerunRequest, _ coordinator: Coordinator, _ caller: Caller) async throws -> Rerun {
        Rerun(
            by: caller.submitter, selection: try request.selection(),
            // Another release may be installed here by now.
            job: offering(request.job ?? coordinator.job),
            unavailable: try await tasksWithoutOutputs(coordinator))
    }

    /// Tasks that succeeded but whose outputs are not there any more at this site.
    private func tasksWithoutOutputs(_ coordinator: Coordinator) async throws -> Set<String> {
        let artifacts = try await store.artifacts(job: coordinator.job.id)
        var gone: Set<String> = []
        for task in coordinator.job.tasks where !task.outputs.isEmpty {
            guard let state = coordinator.tasks[task.name], state.status == .success, state.inherited == nil,
                let number = state.attempts.lastIndex(where: { $0.status == .success })
            else { continue }
            let parties = task.parties.filter(links.isLocal)
            let kept = artifacts.filter { $0.task == task.name && $0.attempt == number }
            let isWhole = kept.allSatisfy { FileManager.default.fileExists(atPath: $0.path) }
            if !parties.isEmpty, kept.isEmpty || !isWhole { gone.insert(task.name) }
        }
        return gone
    }
}

/// What a rerun does, task by task.
public struct RerunView: Codable, Equatable, Sendable {
    public struct Task: Codable, Equatable, Sendable {
        public var task: String
        public var runs: Bool
        /// In words.
        public var why: String
    }

    public var summary: JobSummary
    public var tasks: [Task]

    init(_ plan: RerunPlan, summary: JobSummary) {
        self.summary = summary
        tasks = plan.tasks.map { Task(task: $0.task, runs: $0.runs, why: $0.why.words) }
    }
}

extension RerunPlan.Why {
    fileprivate var words: String {
        switch self {
        case .selected: "asked for"
        case .parametersChanged: "its parameters changed"
        case .downstreamOf(let task): "\(task) runs again, which feeds it"
        case .outputsGone: "its outputs are gone, and a task that runs needs them"
        case .notSucceeded: "it did not succeed"
        case .reused: "its result is used again"
        }
    }
}
