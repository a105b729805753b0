import Foundation
import Logging
import NornFlow
import NornStore
import Synchronization

/// Carries out what the heart decides. Inputs come one after another; each turn takes all that wait, steps the
/// aggregates they are for (and those that these ask, tell and send to at this site) until nothing is left, writes
/// rows and log in one transaction, and only then lets the rest of the world know. A conflict reloads and steps again.
actor HeartDriver {
    /// Inputs taken in one turn.
    static let turnMaximum = 512
    static let conflictsMaximum = 10
    /// Ended coordinators and members that stay in memory, so that late messages need no disk.
    static let endedKeptInMemory = 256
    /// Ended coordinators that still have to tell a party.
    static let owedKeptInMemory = 4096
    /// How long an input without news for others waits for one that has some.
    static let lazyMilliseconds = 20

    enum Input: Sendable {
        case submit(Job)
        case coordinator(JobID, Coordinator.Event)
        case member(MemberKey, Member.Event)
        case ledger(Ledger.Event)
        case message(Message)
    }

    /// An input in the queue; with a ticket, if its sender waits until it is durable.
    private struct Waiting {
        var input: Input
        var ticket: Int?
        var note: AttemptNote?
        var values: [NamedValue] = []
    }

    /// What became of an input.
    private enum Answer { case written, notWritten, unsure }

    /// A turn whose commit failed while the store could not be asked whether it has it.
    private struct Unsettled {
        var step: HeartStep
        var commit: Commit
        var batch: [Waiting]
    }

    /// What the driver leaves to the rest of the site.
    struct Outside: Sendable {
        var isLocal: @Sendable (Party) -> Bool
        var peerName: @Sendable (Party) -> String
        var send: @Sendable (Message) -> Void
        /// Reads and changes nothing, so it need not wait for a commit: its answer is stepped in the same turn. Nil:
        /// the answer comes as an input.
        var check: @Sendable (MemberKey, Job) async -> Member.Verdict?
        var start: @Sendable (AttemptOrder) -> Void
        var cancel: @Sendable (AttemptIdentity, Failure) -> Void
        var cleanUp: @Sendable (MemberKey) -> Void
        /// Answers with `Coordinator.Event.inherited`.
        var inherit: @Sendable (JobID, Inheritance) -> Void = { _, _ in }
        /// The versions of models that members leave whose job has ended as success: written with their rows.
        var models: @Sendable ([Member]) async throws -> [NewModel] = { _ in [] }
    }

    let store: any HeartStore
    let feed: EventFeed
    let logger: Logger
    let site: String
    let fence: UInt64
    private let timing: Timing
    private let outside: Outside
    /// What was put and no turn has taken yet; a wake follows each.
    private let inbox = Mutex<[Waiting]>([])
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    let rows: HeartRows
    private var timers = HeartTimers()
    private var timer: Task<Void, Never>?
    private var armed: Instant?
    private var waiting: [Waiting] = []
    /// Numbers the inputs whose senders wait for them.
    private var ticket = 0
    /// Those senders, until their inputs are through.
    private var senders: [Int: CheckedContinuation<Answer, Never>] = [:]
    private var isTurning = false
    /// Nothing is stepped before it is known what became of it.
    private var unsettled: Unsettled?
    private var storeTrouble = StoreTrouble()
    private var retry: Task<Void, Never>?

    /// - Parameter timing: of the jobs that begin here.
    init(
        store: any HeartStore, feed: EventFeed, logger: Logger, site: String, fence: UInt64, timing: Timing = .standard,
        outside: Outside
    ) {
        self.store = store
        self.feed = feed
        self.logger = logger
        self.site = site
        self.fence = fence
        self.timing = timing
        self.outside = outside
        rows = HeartRows(site: site)
        (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: Inputs

    /// Puts an input in the queue; it is stepped soon, in order.
    /// - Parameter note: is written in the same transaction.
    nonisolated func put(_ input: Input, note: AttemptNote? = nil) {
        inbox.withLock { $0.append(Waiting(input: input, note: note)) }
        wake.yield()
    }

    /// Puts an input that has no news for others: it goes with the next turn, for which it waits a little.
    nonisolated func putLazily(_ input: Input, note: AttemptNote? = nil) {
        let isFirst = inbox.withLock { inbox in
            defer { inbox.append(Waiting(input: input, note: note)) }
            return inbox.isEmpty
        }
        guard isFirst else { return }
        Task { [wake] in
            try? await Task.sleep(for: .milliseconds(Self.lazyMilliseconds))
            wake.yield()
        }
    }

    /// Serves the queue until the task is cancelled. A turn runs in a task of its own, which nobody cancels: the store
    /// would not write for one that was.
    func run() async {
        for await _ in wakes { await Task { await turn() }.value }
    }

    /// Loads what is not done and tells it that the site came up again. All of it in one turn, however much: nothing
    /// that follows from one aggregate's restart may reach another that does not know of it yet. Throws when that is
    /// not durable.
    func recover(capacity: [String: Resources], policy: LedgerPolicy = LedgerPolicy()) async throws {
        let now = Self.now()
        isTurning = true
        rows.ledger = Ledger(site: site, capacity: capacity, policy: policy, members: [], at: now)
        do {
            try await rows.reload(from: store, at: now)
            let coordinators = rows.index.openCoordinators.sorted().map { job in
                Waiting(input: .coordinator(job, .siteRestarted(fence: fence)))
            }
            let members = liveMemberKeys.map { Waiting(input: .member($0, .siteRestarted(epoch: fence))) }
            guard await turn(over: coordinators + members) == .written else {
                throw SiteError(
                    "heart_not_recovered", "The site could not write down that it came up again",
                    hint: "Its log says why; start it again")
            }
        } catch {
            isTurning = false
            throw error
        }
        isTurning = false
        await turn()
    }

    /// Steps one input now; returns when what it changed is durable, and throws `heart_not_written` when it is not,
    /// `heart_unsure` when the store does not say.
    /// - Parameter values: are written in the same transaction.
    func step(_ input: Input, values: [NamedValue] = []) async throws {
        ticket += 1
        let mine = ticket
        waiting.append(Waiting(input: input, ticket: mine, values: values))
        let answer = await withCheckedContinuation { continuation in
            senders[mine] = continuation
            Task { await turn() }
        }
        switch answer {
        case .written: return
        case .notWritten:
            throw SiteError(
                "heart_not_written", "The site could not write this down, so nothing was done",
                hint: "Its log says why; try again")
        case .unsure:
            throw SiteError(
                "heart_unsure", "The site does not know yet whether this was written down",
                hint: "Its store does not answer; look at the job when it does, and try again if nothing was done")
        }
    }

    // MARK: Turns

    /// Takes turns until nothing waits. One caller turns at a time, also for the others: what comes while the store
    /// writes is the next turn, and needs one more write however much it is.
    private func turn() async {
        guard !isTurning else { return }
        takeInbox()
        if storeTrouble.pauses(at: Self.now()), waiting.allSatisfy({ $0.ticket == nil }) { return }
        isTurning = true
        while unsettled != nil || !waiting.isEmpty {
            guard await settle() else { break }
            let batch = Array(waiting.prefix(Self.turnMaximum))
            waiting.removeFirst(batch.count)
            if !batch.isEmpty { await carryOut(batch) }
            takeInbox()
            if storeTrouble.isThere, waiting.allSatisfy({ $0.ticket == nil }) { break }
        }
        isTurning = false
    }

    private func takeInbox() {
        waiting += inbox.withLock { inbox in
            defer { inbox = [] }
            return inbox
        }
    }

    /// Carries inputs out, or says of each that waits for it that it was not. One that can never be written is
    /// dropped alone; when the store cannot write (its disk is full, say), the others wait until it can.
    private func carryOut(_ batch: [Waiting]) async {
        switch await turn(over: batch) {
        case .written:
            storeWrites()
            answer(batch, .written)
        case .storeFailed:
            waiting = batch + waiting
            refuseWaiting()
            awaitStore()
        case .unsure:
            answer(batch, .unsure)
            unsettled?.batch.removeAll { $0.ticket != nil }
            refuseWaiting()
            awaitStore()
        case .flawed where batch.count > 1:
            waiting = batch.dropFirst(batch.count / 2) + waiting
            await carryOut(Array(batch.prefix(batch.count / 2)))
        case .flawed:
            logger.critical("an input of the heart was dropped", metadata: ["input": "\(batch.map(\.input.subject))"])
            answer(batch, .notWritten)
        }
    }

    private func answer(_ batch: [Waiting], _ answer: Answer) {
        for ticket in batch.compactMap(\.ticket) { senders.removeValue(forKey: ticket)?.resume(returning: answer) }
    }

    /// Who waits for an input is told that it was not written.
    private func refuseWaiting() {
        answer(waiting, .notWritten)
        waiting.removeAll { $0.ticket != nil }
    }

    private func storeWrites() {
        if storeTrouble.isThere { logger.notice("the store writes again") }
        storeTrouble.end()
    }

    /// Finds out what became of a turn of which it is not known, before any other is taken; false while the store does
    /// not say.
    private func settle() async -> Bool {
        guard let batch = unsettled?.batch else { return true }
        do {
            if try await !isWritten() { waiting = batch + waiting }
            storeWrites()
            return true
        } catch {
            refuseWaiting()
            awaitStore()
            return false
        }
    }

    /// What nobody waits for is tried again after a pause.
    private func awaitStore() {
        if !storeTrouble.isThere { logger.critical("the store cannot write: the heart waits for it") }
        let pause = storeTrouble.nextPause(at: Self.now())
        retry?.cancel()
        retry = Task {
            guard (try? await Task.sleep(for: .milliseconds(pause))) != nil else { return }
            // In a task of its own: the next pause cancels this one.
            Task { await self.turn() }
        }
    }

    private enum Outcome { case written, storeFailed, unsure, flawed }

    /// One turn: step, commit, act. The rows in memory change only with the store's.
    private func turn(over batch: [Waiting]) async -> Outcome {
        for attempt in 1... {
            do {
                if unsettled != nil, try await isWritten() { return .written }
                try await stepAndCommit(batch)
                return .written
            } catch StoreError.conflict where unsettled == nil && attempt < Self.conflictsMaximum {
                logger.notice("stepping again: another scheduler wrote the same row")
                try? await rows.reload(from: store, at: Self.now())
            } catch let failure as any StorageFailure where failure.mayPass {
                logger.error("a turn of the heart was not written", metadata: ["error": "\(failure)"])
                if storeTrouble.isThere || attempt >= StoreTrouble.triesAtOnce {
                    return unsettled == nil ? .storeFailed : .unsure
                }
                try? await Task.sleep(for: StoreTrouble.shortPause)
            } catch {
                logger.error("a turn of the heart was not written", metadata: ["error": "\(error)"])
                return unsettled == nil ? .flawed : .unsure
            }
        }
        return .flawed
    }

    private func stepAndCommit(_ batch: [Waiting]) async throws {
        let inputs = batch.map(\.input)
        try await rows.fetch(for: inputs, from: store)
        var step = HeartStep(
            rows: rows, fence: fence, timing: timing, now: HeartDriver.now(), isLocal: outside.isLocal,
            peerName: outside.peerName)
        step.run(inputs)
        while let checks = step.takeChecks() { step.run(await verdicts(of: checks)) }
        var commit: Commit
        do {
            commit = try step.commit(batch.compactMap(\.note), wallMilliseconds: Clocks.wallMilliseconds())
            commit.values = batch.flatMap(\.values)
            let changed = step.changedModels
            if !changed.isEmpty { commit.models = try await outside.models(changed) }
        } catch {
            rows.remakeLedger(at: Self.now())
            throw error
        }
        do {
            if !commit.isEmpty { try await store.commit(commit) }
        } catch {
            unsettled = Unsettled(step: step, commit: commit, batch: batch)
            guard try await isWritten() else { throw error }
            return
        }
        finish(step)
    }

    /// Whether the store has the turn that is not settled. The rows say so, not the error: the answer to a commit may
    /// be lost when it is durable. Then what follows from it is done now, and never again; else nothing of it was done.
    private func isWritten() async throws -> Bool {
        guard let turn = unsettled else { return false }
        let isWritten = try await turn.commit.isWritten(in: store)
        unsettled = nil
        if isWritten {
            logger.notice("a commit was durable though its answer was lost")
            finish(turn.step)
        } else {
            rows.remakeLedger(at: Self.now())
        }
        return isWritten
    }

    private func finish(_ step: HeartStep) {
        step.apply()
        rows.forgetEnded(beyond: Self.endedKeptInMemory, owedBeyond: Self.owedKeptInMemory)
        act(on: step)
    }

    private func verdicts(of checks: [HeartStep.Check]) async -> [Input] {
        let check = outside.check
        return await withTaskGroup(of: Input?.self) { group in
            for asked in checks {
                group.addTask {
                    let verdict = await check(asked.key, asked.job)
                    return verdict.map { .member(asked.key, .checked($0, contract: asked.contract)) }
                }
            }
            return await group.reduce(into: []) { inputs, input in if let input { inputs.append(input) } }
        }
    }

    private func act(on step: HeartStep) {
        for effect in step.outward {
            switch effect {
            case .send(let message): outside.send(message)
            case .startAttempt(let order): outside.start(order)
            case .cancelAttempt(let attempt, let failure): outside.cancel(attempt, failure)
            case .cleanUp(let key): outside.cleanUp(key)
            case .awaitJobs(let job, let others): answer(job, about: others)
            case .inherit(let job, let inheritance): outside.inherit(job, inheritance)
            case .ask, .tell, .wake, .record, .check: break
            }
        }
        for key in step.refused {
            logger.warning("a partner's job was not taken: too many live here", metadata: ["job": "\(key)"])
        }
        for (target, instant) in step.wakes { timers.set(target, instant) }
        armTimer()
        let jobs = step.changedJobs
        if !jobs.isEmpty { feed.changed(jobs) }
    }

    /// Tells a job which of those that it waits for have ended; the others tell it when they do.
    private func answer(_ job: JobID, about others: [JobID]) {
        for other in others {
            if let row = rows.coordinators[other] {
                guard row.value.phase == .ended else { continue }
                put(.coordinator(job, .dependencyEnded(other, row.value.status)))
            } else {
                Task { await tell(job, endOf: other) }
            }
        }
    }

    /// Of one that left the memory; asked for again while the store does not answer.
    private func tell(_ job: JobID, endOf other: JobID) async {
        while true {
            do {
                guard let row = try await HeartRows.coordinator(other, in: store), row.value.phase == .ended else {
                    return
                }
                return put(.coordinator(job, .dependencyEnded(other, row.value.status)))
            } catch let failure as any StorageFailure where failure.mayPass {
                try? await Task.sleep(for: .milliseconds(StoreTrouble.longestPauseMilliseconds))
            } catch {
                return logger.error("a job's end was not read", metadata: ["job": "\(other)", "error": "\(error)"])
            }
        }
    }

    // MARK: Timers

    static func now() -> Instant { Instant(milliseconds: Clocks.monotonicMilliseconds()) }

    /// One sleep, until the first wake; a later one leaves it as it is.
    private func armTimer() {
        guard let next = timers.next else { return }
        if let armed, armed <= next { return }
        timer?.cancel()
        armed = next
        let delay = max(0, next.milliseconds - Clocks.monotonicMilliseconds())
        timer = Task {
            do {
                try await Task.sleep(for: .milliseconds(delay))
            } catch {
                return
            }
            self.ring()
        }
    }

    private func ring() {
        armed = nil
        for target in timers.due(at: Self.now()) {
            switch target {
            case .coordinator(let job): waiting.append(Waiting(input: .coordinator(job, .woken)))
            case .member(let key): waiting.append(Waiting(input: .member(key, .woken)))
            }
        }
        armTimer()
        // In a task of its own: the next wake cancels the one that rang.
        Task { await self.turn() }
    }

    // MARK: What others look at

    func coordinator(_ job: JobID) async throws -> Coordinator? {
        if let row = rows.coordinators[job] { return row.value }
        return try await HeartRows.coordinator(job, in: store)?.value
    }

    func members(of job: JobID) async throws -> [Member] {
        let here = rows.members(of: job)
        if !here.isEmpty { return here }
        return try await HeartRows.members(of: job, in: store)
    }

    var ledger: Ledger { rows.ledger }
    var liveJobs: Int { rows.index.liveCoordinators.count }
    var liveMemberKeys: [MemberKey] { rows.index.liveMembers.sorted() }
    var waitingForApproval: [Member] {
        rows.index.waitingForApproval.sorted().compactMap { rows.members[$0]?.value }
    }
}
