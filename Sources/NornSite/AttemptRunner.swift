import Foundation
import Logging
import NornFederation
import NornFlow
import NornManifest
import NornStore
import NornWorkers
import Synchronization

/// Starts and ends the workers that the heart orders, and tells it how each went. An order that was given once is
/// answered once, whatever happens.
final class AttemptRunner: Sendable {
    private enum Entry {
        case preparing(cancelled: Failure?)
        case running(RunningWorker, cancelled: Failure?)

        var cancelled: Failure? {
            switch self {
            case .preparing(let failure), .running(_, let failure): failure
            }
        }
    }

    let planner: AttemptPlanner
    let keeper: OutputKeeper
    let store: any Store
    let workers: Workers
    let writer: TrackingWriter
    let board: ProgressBoard
    let feed: EventFeed
    let settings: SiteSettings
    let logger: Logger
    let mailboxes: Mailboxes
    let quarantine: Quarantine
    private let entries = Mutex<[NornFlow.AttemptIdentity: Entry]>([:])
    private let siteInputs = Mutex<[JobID: SiteInput]>([:])
    private let tell = TellHeart()
    private let isDraining = Atomic<Bool>(false)

    init(
        planner: AttemptPlanner, store: any Store, workers: Workers, writer: TrackingWriter, board: ProgressBoard,
        feed: EventFeed, settings: SiteSettings, logger: Logger, mailboxes: Mailboxes, quarantine: Quarantine
    ) {
        self.planner = planner
        keeper = OutputKeeper(home: planner.home)
        self.store = store
        self.workers = workers
        self.writer = writer
        self.board = board
        self.feed = feed
        self.settings = settings
        self.logger = logger
        self.mailboxes = mailboxes
        self.quarantine = quarantine
    }

    /// Where ends are told; set once, before the first order.
    func report(to driver: HeartDriver) { tell.set(driver) }

    /// What a job of the site itself reads besides its graph.
    func setSiteInput(_ input: SiteInput?, of job: JobID) {
        siteInputs.withLock { $0[job] = input }
    }

    /// From now on nothing starts, and a worker that the site itself ends is not told of: after the next start the
    /// heart finds its attempt lost, and makes another one at all parties.
    func drain() { isDraining.store(true, ordering: .releasing) }

    // MARK: Leases

    /// The members whose workers run.
    var running: Set<MemberKey> {
        entries.withLock { entries in
            Set(entries.lazy.map { MemberKey(job: $0.key.job, party: $0.key.party) })
        }
    }

    /// Lets the workers of these members live until then, in milliseconds of `LeaseClock`.
    func letLive(until times: [MemberKey: Int]) {
        let workers = entries.withLock { entries in
            entries.compactMap { attempt, entry -> (RunningWorker, Int)? in
                guard case .running(let worker, _) = entry,
                    let time = times[MemberKey(job: attempt.job, party: attempt.party)]
                else { return nil }
                return (worker, time)
            }
        }
        for (worker, time) in workers { worker.live(until: time) }
    }

    // MARK: Orders

    func start(_ order: AttemptOrder) {
        guard !isDraining.load(ordering: .acquiring) else { return }
        let isNew = entries.withLock { entries -> Bool in
            guard entries[order.attempt] == nil else { return false }
            entries[order.attempt] = .preparing(cancelled: nil)
            return true
        }
        guard isNew else { return }
        Task.detached { await self.run(order) }
    }

    func cancel(_ attempt: NornFlow.AttemptIdentity, because failure: Failure) {
        enum Found { case nothing, early, worker(RunningWorker) }
        let found = entries.withLock { entries -> Found in
            switch entries[attempt] {
            case nil: return .nothing
            case .preparing:
                entries[attempt] = .preparing(cancelled: failure)
                return .early
            case .running(let worker, let earlier):
                entries[attempt] = .running(worker, cancelled: earlier ?? failure)
                return .worker(worker)
            }
        }
        switch found {
        case .nothing: ended(attempt, .failed(failure))
        case .early: break
        case .worker(let worker): worker.cancel(reason: Self.reason(failure))
        }
    }

    private static func reason(_ failure: Failure) -> CancelReason {
        switch failure.code {
        case .otherPartyEnded: .otherPartyEnded
        case .leaseEnded, .reservationLost, .partnerUnreachable: .leaseEnded
        case .taskTimeout, .jobTimeout: .timeout
        case .siteRestarted: .siteStops
        default: .stopped
        }
    }

    // MARK: One attempt

    private func run(_ order: AttemptOrder) async {
        let attempt = order.attempt
        var note = AttemptNote(record: AttemptRecord(order, started: Clocks.wallMilliseconds()))
        let outcome: Member.WorkerOutcome?
        var scratch: URL?
        do {
            let input = siteInputs.withLock { $0[attempt.job] }
            let plan = try await planner.plan(order, siteInput: input)
            scratch = URL(filePath: plan.start.scratch)
            if let quarantined = quarantine.entry(of: plan.plugin.digest) {
                throw SiteError(quarantined.failure(order.task, at: attempt.party))
            }
            note.record.note(declared: plan.declared(for: attempt.party.role), granted: order.resources)
            outcome = try await order.isPassedOver ? passOver(order, plan, &note) : work(order, plan, &note)
        } catch {
            let why = (error as? SiteError) ?? SiteError("internal", "The attempt could not be prepared")
            if !(error is SiteError) { logger.error("attempt not started", metadata: ["error": "\(error)"]) }
            outcome = .failed(
                Failure(
                    .workerNotStarted, why.message, party: attempt.party, task: attempt.task, field: why.field,
                    advice: why.hint ?? ""))
        }
        guard let outcome else { return }
        await finish(order, outcome, note)
        if let scratch { planner.scratch.leave(scratch) }
    }

    private func work(
        _ order: AttemptOrder, _ plan: AttemptPlan, _ note: inout AttemptNote
    ) async throws -> Member.WorkerOutcome? {
        let attempt = order.attempt
        let log = try AttemptLog(folder: plan.folder.appending(path: "log"), settings: settings.logs)
        let privacy = PrivacyRules(settings: settings.privacy)
        for text in privacy.warnings(plan.component, order.parameters) { log.write(.warning, "[WARN] \(text)") }
        let exchange = try await mailboxes.open(
            attempt.exchangeName, party: attempt.party.address, folder: plan.start.scratch,
            parties: Set(order.jobParties.map(\.address)))
        let host = AttemptHost(
            order: order, wire: WireRules(plan.component, role: attempt.party.role.rawValue),
            mailboxes: ExchangeBridge(exchange: exchange), writer: writer, board: board, feed: feed,
            log: log)
        var start = plan.start
        start.liveUntil = await tell.workersEnd(of: MemberKey(job: attempt.job, party: attempt.party))
        guard let worker = launch(attempt, start, host) else {
            return .failed(cancelled(attempt) ?? Failure(.stopped, "the attempt was stopped before it began"))
        }
        var startNote = note
        startNote.audit = [AuditWords.started(order, plan.plugin, time: Clocks.wallMilliseconds())]
        tell.putLazily(
            .member(
                MemberKey(job: attempt.job, party: attempt.party),
                .attemptStarted(task: attempt.task, number: attempt.number)), note: startNote)
        note.plugin = plan.plugin
        let end = await worker.end()
        board.remove(host.boardKey)
        note.record.peakMemoryBytes = Int64(end.usage.peakMemoryBytes)
        note.record.processorMilliseconds = Int64(end.usage.processorMilliseconds)
        if case .crashed(let report) = end.outcome { await noteCrash(report, plan.plugin, job: attempt.job) }
        if case .succeeded = end.outcome { note.artifacts = try await keeper.keep(host.outputs, of: order, plan: plan) }
        return outcome(of: end, order, log)
    }

    /// A store that does not write is no reason to lose the report itself.
    private func noteCrash(_ report: CrashReport, _ plugin: PluginShelf.Plugin, job: JobID) async {
        guard let signal = report.ownSignal else { return }
        do {
            try await quarantine.crashed(plugin, job: job, "\(signal) while \(report.phase)")
        } catch {
            logger.error("a crash was not noted", metadata: ["plugin": "\(plugin.name)", "error": "\(error)"])
        }
    }

    /// No worker runs: what comes in goes on.
    private func passOver(
        _ order: AttemptOrder, _ plan: AttemptPlan, _ note: inout AttemptNote
    ) async throws -> Member.WorkerOutcome {
        if let failure = cancelled(order.attempt) { return .failed(failure) }
        let log = try AttemptLog(folder: plan.folder.appending(path: "log"), settings: settings.logs)
        log.write(.info, "passed over, as need_run is false: its input is handed on")
        note.artifacts = try await keeper.keep(plan.handedThrough, of: order, plan: plan)
        return .success
    }

    /// Why an attempt is not to begin any more, or has to end.
    private func cancelled(_ attempt: NornFlow.AttemptIdentity) -> Failure? {
        entries.withLock { $0[attempt]?.cancelled }
    }

    /// Starts the worker unless the attempt was cancelled meanwhile.
    private func launch(
        _ attempt: NornFlow.AttemptIdentity, _ start: WorkerStart, _ host: AttemptHost
    ) -> RunningWorker? {
        entries.withLock { entries in
            guard case .preparing(nil)? = entries[attempt] else { return nil }
            let worker = workers.start(start, services: host)
            host.serve(worker)
            entries[attempt] = .running(worker, cancelled: nil)
            return worker
        }
    }

    private func outcome(of end: AttemptEnd, _ order: AttemptOrder, _ log: AttemptLog) -> Member.WorkerOutcome? {
        let attempt = order.attempt
        // As its black box has them.
        let tried =
            end.denials.isEmpty ? "" : "; it tried what a component may not: \(end.denials.joined(separator: ", "))"
        if !tried.isEmpty { log.write(.warning, "the sandbox refused" + tried) }
        switch end.outcome {
        case .succeeded: return .success
        case .cancelled where isDraining.load(ordering: .acquiring): return nil
        case .cancelled(let killed):
            var failure = cancelled(attempt) ?? Failure(.stopped, "it was stopped", party: attempt.party)
            failure.task = failure.task ?? attempt.task
            if killed { failure.what += "; its worker did not stop in time and was killed" }
            return .failed(failure)
        case .failed(let error):
            log.write(.error, error.message)
            return .failed(
                Failure(
                    .componentFailed, error.message + tried, party: attempt.party, task: attempt.task,
                    advice: error.flags.contains(.userFault) ? "Correct the data or the parameters" : ""))
        case .crashed(let report) where report.hasOutlivedItsLease:
            log.write(.error, report.summary)
            return .failed(
                Failure(
                    .leaseEnded, "the worker ended itself: its site did not renew the lease of its job in time",
                    party: attempt.party, task: attempt.task,
                    advice: "The site stood still, or its store did not answer; its log says which"))
        case .crashed(let report):
            for line in report.lastLogLines { log.write(.info, "before the crash: \(line)") }
            log.write(.error, report.summary)
            let calls = report.lastHostCalls.suffix(4).joined(separator: ", ")
            return .failed(
                Failure(
                    .workerCrashed, report.summary + tried, party: attempt.party, task: attempt.task,
                    advice: "Its last calls were: \(calls.isEmpty ? "none" : calls); see norn job logs \(attempt.job)"))
        }
    }

    /// Tells the heart, which writes the attempt's row and what it made together with its end; then tidies up.
    private func finish(_ order: AttemptOrder, _ outcome: Member.WorkerOutcome, _ note: AttemptNote) async {
        var note = note
        await writer.flush()
        note.record.ended = Clocks.wallMilliseconds()
        switch outcome {
        case .success: note.record.status = "success"
        case .failed(let failure):
            note.record.status = Self.status(failure, order.attempt.party, isCancelled: cancelled(order.attempt) != nil)
            note.record.failure = try? JSONEncoder().encode(SiteError(failure))
        }
        if let plugin = note.plugin {
            note.audit = [
                AuditWords.ended(
                    order, plugin, status: note.record.status, failure: outcome.failure,
                    time: note.record.ended ?? note.record.started)
            ]
        }
        entries.withLock { _ = $0.removeValue(forKey: order.attempt) }
        ended(order.attempt, outcome, note)
        await mailboxes.close(
            order.attempt.exchangeName, party: order.attempt.party.address, succeeded: note.record.status == "success")
    }

    /// As the heart has it: lost is what the party lost itself, canceled what others had ended.
    private static func status(_ failure: Failure, _ party: Party, isCancelled: Bool) -> String {
        if failure.code.isRecovered, failure.party == party { return WorkerStatus.lost.rawValue }
        return (isCancelled || failure.code == .stopped ? WorkerStatus.canceled : .failed).rawValue
    }

    private func ended(
        _ attempt: NornFlow.AttemptIdentity, _ outcome: Member.WorkerOutcome, _ note: AttemptNote? = nil
    ) {
        tell.put(
            .member(
                MemberKey(job: attempt.job, party: attempt.party),
                .attemptEnded(task: attempt.task, number: attempt.number, outcome)), note: note)
    }
}

extension Member.WorkerOutcome {
    fileprivate var failure: Failure? { if case .failed(let failure) = self { failure } else { nil } }
}

extension NornFlow.AttemptIdentity {
    /// The attempt as all its parties name it.
    var exchangeName: AttemptName { AttemptName(job: job, task: task, attempt: number) }
}
