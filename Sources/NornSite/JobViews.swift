import Foundation
import NornFlow
import NornManifest
import NornStore

/// Puts a job together for people: the heart's state, the log's times, what the attempts here told.
struct JobViews: Sendable {
    let store: any Store
    let driver: HeartDriver
    let board: ProgressBoard
    let times: TaskTimesCache

    init(store: any Store, driver: HeartDriver, board: ProgressBoard) {
        self.store = store
        self.driver = driver
        self.board = board
        times = TaskTimesCache(store: store)
    }

    func summary(_ job: JobID) async throws -> JobSummary {
        guard let record = try await store.job(job) else { throw SiteError.notFound("job", job) }
        return Self.summary(record)
    }

    /// A job as a person sees it, with why it waits now.
    func liveSummary(_ job: JobID) async throws -> JobSummary {
        guard let record = try await store.job(job) else { throw SiteError.notFound("job", job) }
        return Self.summary(record, waiting: await driver.waiting([record])[job])
    }

    func summaries(_ query: JobQuery) async throws -> JobList {
        let page = try await store.jobs(query)
        let waiting = await driver.waiting(page.jobs)
        return JobList(jobs: page.jobs.map { Self.summary($0, waiting: waiting[$0.job]) }, total: page.total)
    }

    /// - Parameter waiting: what the heart says now; nil takes what was last written down.
    static func summary(_ record: JobRecord, waiting: [WaitingView]? = nil) -> JobSummary {
        let line = waiting.flatMap(WaitingView.line)
        return JobSummary(
            job: record.job, status: record.status, submitter: record.submitter, initiator: record.initiator,
            parties: record.parties, waiting: record.ended == nil ? line ?? record.waiting : nil,
            created: record.created, started: record.started, ended: record.ended, failure: error(record.failure))
    }

    private static func error(_ data: Data?) -> SiteError? {
        data.flatMap { try? JSONDecoder().decode(SiteError.self, from: $0) }
    }

    private var inherited: InheritedRecords { InheritedRecords(store: store, driver: driver) }

    /// Attempts of the job, and of the tasks that it inherited.
    func attempts(_ job: JobID) async throws -> [AttemptRecord] {
        try await inherited.all(of: job) { try await store.attempts(job: $0) }
    }

    func tracking(_ job: JobID, task: String?, kind: TrackingRecord.Kind?) async throws -> [TrackingRecord] {
        try await inherited.all(of: job) { try await store.tracking(job: $0, task: task, kind: kind) }
    }

    func outputs(_ job: JobID, task: String?) async throws -> [ArtifactRecord] {
        try await inherited.all(of: job) { try await store.artifacts(job: $0) }.filter {
            task == nil || task == $0.task
        }
    }

    /// The jobs whose folders hold the logs of the job's inherited tasks.
    func origins(_ job: JobID) async throws -> [String: JobID] { try await inherited.origins(of: job) }

    func detail(_ job: JobID, _ choice: AttemptChoice) async throws -> JobDetail {
        guard let record = try await store.job(job) else { throw SiteError.notFound("job", job) }
        let waiting = record.ended == nil ? await driver.waiting([record])[job] ?? [] : []
        let attempts = try await attempts(job)
        let tracking = choice.among(try await tracking(job, task: nil, kind: nil), of: attempts)
        return JobDetail(
            summary: Self.summary(record, waiting: waiting), waiting: waiting, approvals: try await approvals(job),
            tasks: try await tasks(job),
            attempts: attempts.map { AttemptView($0, failure: Self.error($0.failure)) },
            metrics: Self.metrics(tracking.filter { $0.kind == .metric }),
            summaries: Self.newest(tracking.filter { $0.kind == .summary }),
            models: Self.newest(tracking.filter { $0.kind == .model }))
    }

    /// Of parties here by their own rows, of others by what they reported.
    private func approvals(_ job: JobID) async throws -> [PartyApprovalView] {
        let coordinator = try await driver.coordinator(job)
        let members = try await driver.members(of: job)
        let parties = (coordinator?.job ?? members.first?.job)?.parties ?? []
        return parties.compactMap { party in
            if let own = members.first(where: { $0.key.party == party }) {
                return PartyApprovalView(party, own.approval, own.failure, by: own.approver ?? own.refuser)
            }
            guard let report = coordinator?.members[party]?.report else { return nil }
            return PartyApprovalView(party, report.approval, report.failure)
        }
    }

    // MARK: Tasks

    func tasks(_ job: JobID) async throws -> [TaskView] {
        let coordinator = try await driver.coordinator(job)
        let members = try await driver.members(of: job)
        guard let graph = coordinator?.job ?? members.first?.job else { return [] }
        let times = try await times.times(of: job)
        return graph.tasks.map { task in
            let number =
                coordinator?.tasks[task.name].map { max($0.attempts.count - 1, 0) } ?? times.newestAttempt(task.name)
            let status =
                coordinator?.tasks[task.name]?.status ?? members.first?.orders.taskStatuses[task.name] ?? .waiting
            return TaskView(
                task: task.name, component: task.module, status: status.rawValue,
                needs: Graph(graph.tasks).upstream(of: task.name), attempt: number,
                waiting: coordinator.flatMap { Self.retry(of: task.name, $0) },
                parties: task.parties.map { party in
                    partyTask(task.name, number, party, graph.id, coordinator, members, times)
                }, started: times.started[task.name], ended: status.isFinal ? times.ended[task.name] : nil)
        }
    }

    /// When a task is tried again, and what ended the attempt before; nil when it is not.
    private static func retry(of task: String, _ coordinator: Coordinator) -> String? {
        guard let state = coordinator.tasks[task], state.status == .waiting, let at = state.retryAt else { return nil }
        let asked = state.failure?.code.isRetriedOnRequest == true
        let count = asked ? ", try \(state.retries + 1) of \(coordinator.job.parameters.autoRetries + 1)" : ""
        let why = state.failure.map { ", after \($0.code.rawValue): \($0.what)" } ?? ""
        return "starts again at \(WaitingView.time(InstantClock().wall(at)))\(count)\(why)"
    }

    private func partyTask(
        _ task: String, _ number: Int, _ party: Party, _ job: JobID, _ coordinator: Coordinator?, _ members: [Member],
        _ times: TaskTimes
    ) -> PartyTaskView {
        let own = members.first { $0.key.party == party }?.attempts.last { $0.key.task == task }
        let attempts = coordinator?.tasks[task]?.attempts ?? []
        let told = attempts.last?.parties[party]?.status
        let status = own?.status ?? told
        // A site that does not coordinate knows of others only how the task stands.
        let standing = coordinator == nil ? members.first?.orders.taskStatuses[task] : nil
        let key = ProgressBoard.key(job: job, task: task, role: party.role.rawValue, party: party.id)
        return PartyTaskView(
            role: party.role.rawValue, party: party.id, status: status?.rawValue ?? standing?.rawValue ?? "waiting",
            milliseconds: times.milliseconds(task, number, party), progress: board.progress(key))
    }

    // MARK: What attempts told

    private static func view(_ record: TrackingRecord) -> TrackingView {
        TrackingView(
            task: record.task, attempt: record.attempt, role: record.role, party: record.party, name: record.name,
            value: (try? JSON(parsing: Array(record.payload))) ?? .null, time: record.time)
    }

    /// A later summary or model replaces an earlier one of the same name.
    static func newest(_ records: [TrackingRecord]) -> [TrackingView] {
        var order: [String] = []
        var views: [String: TrackingView] = [:]
        for record in records {
            let key = "\(record.task)/\(record.attempt)/\(record.role)/\(record.party)/\(record.name)"
            if views.updateValue(view(record), forKey: key) == nil { order.append(key) }
        }
        return order.compactMap { views[$0] }
    }

    /// Series with the points of all their appends, in order.
    static func metrics(_ records: [TrackingRecord]) -> [TrackingView] {
        var order: [String] = []
        var views: [String: TrackingView] = [:]
        for record in records {
            let fresh = view(record)
            let namespace = fresh.value["namespace"]?.text() ?? ""
            let type = fresh.value["type"]?.text() ?? ""
            let key =
                "\(record.task)/\(record.attempt)/\(record.role)/\(record.party)/\(namespace)/\(record.name)/\(type)"
            guard let known = views[key] else {
                order.append(key)
                views[key] = fresh
                continue
            }
            views[key] = appended(known, fresh)
        }
        return order.compactMap { views[$0] }
    }

    private static func appended(_ known: TrackingView, _ fresh: TrackingView) -> TrackingView {
        guard var object = known.value.asObject, let points = object["points"]?.asArray,
            let more = fresh.value["points"]?.asArray
        else { return fresh }
        object["points"] = .array(points + more)
        var view = known
        view.value = .object(object)
        view.time = fresh.time
        return view
    }
}

extension PartyApprovalView {
    fileprivate init(_ party: Party, _ status: ApprovalStatus, _ failure: Failure?, by person: String? = nil) {
        self.init(
            role: party.role.rawValue, party: party.id, status: status.rawValue, by: person,
            reason: status == .approved ? nil : failure?.what)
    }
}
