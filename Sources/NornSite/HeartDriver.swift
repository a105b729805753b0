import Foundation
import Logging
import NornFlow
import NornStore

/// Carries out what the heart decides. Inputs come one after another; each turn takes all that wait, steps the
/// aggregates they are for (and those that these ask, tell and send to at this site) until nothing is left, writes
/// rows and log in one transaction, and only then lets the rest of the world know. A conflict reloads and steps again.
actor HeartDriver {
    /// Inputs taken in one turn.
    static let turnMaximum = 512
    static let conflictsMaximum = 10
    /// Ended coordinators and members that stay in memory, so that late messages need no disk.
    static let endedKeptInMemory = 256

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

        init(_ input: Input, ticket: Int? = nil) {
            self.input = input
            self.ticket = ticket
        }
    }

    /// What the driver leaves to the rest of the site.
    struct Outside: Sendable {
        var isLocal: @Sendable (Party) -> Bool
        var peerName: @Sendable (Party) -> String
        var send: @Sendable (Message) -> Void
        var check: @Sendable (MemberKey, Job, _ contract: Int) -> Void
        var start: @Sendable (AttemptOrder) -> Void
        var cancel: @Sendable (AttemptIdentity, Failure) -> Void
        var cleanUp: @Sendable (MemberKey) -> Void
        var inherit: @Sendable (JobID) -> Void = { _ in }
    }

    let store: any Store
    let feed: EventFeed
    let logger: Logger
    let site: String
    let fence: UInt64
    private let outside: Outside
    private let inputs: AsyncStream<Input>.Continuation
    private let stream: AsyncStream<Input>

    var rows: HeartRows
    var dependents = HeartDependents()
    private let timing: Timing
    private var timers = HeartTimers()
    private var timer: Task<Void, Never>?
    private var waiting: [Waiting] = []
    /// Numbers the inputs whose senders wait for them.
    private var ticket = 0
    /// The tickets of inputs that were dropped and whose senders do not know yet.
    private var dropped: Set<Int> = []
    private var isTurning = false
    private var storeTrouble = StoreTrouble()
    private var retry: Task<Void, Never>?
    private var followers: [CheckedContinuation<Void, Never>] = []

    init(store: any Store, feed: EventFeed, logger: Logger, site: String, fence: UInt64, timing: Timing = .standard,
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
        (stream, inputs) = AsyncStream<Input>.makeStream(bufferingPolicy: .unbounded)
    }

    /// Puts an input in the queue; it is stepped soon, in order.
    nonisolated func put(_ input: Input) {
        inputs.yield(input)
    }

    /// Serves the queue until the task is cancelled.
    func run() async {
        for await input in stream {
            waiting.append(Waiting(input))
            await turn()
        }
    }

    /// Loads what lives and tells it that the site came up again.
    func recover(capacity: [String: Resources], policy: LedgerPolicy = LedgerPolicy()) async throws {
        let now = Self.now()
        let configured = Ledger(site: site, capacity: capacity, policy: policy, members: [], at: now)
        rows = try await HeartRows.load(like: configured, from: store, at: now)
        for job in rows.liveCoordinators { waiting.append(Waiting(.coordinator(job, .siteRestarted(fence: fence)))) }
        for key in rows.liveMembers { waiting.append(Waiting(.member(key, .siteRestarted(epoch: fence)))) }
        await turn()
    }

    /// Steps one input now; returns when what it changed is durable, and throws `heart_not_written` when it is not.
    func step(_ input: Input) async throws {
        ticket += 1
        let mine = ticket
        waiting.append(Waiting(input, ticket: mine))
        await turn()
        guard dropped.remove(mine) == nil else {
            throw SiteError(
                "heart_not_written", "The site could not write this down, so nothing was done",
                hint: "Its log says why; try again")
        }
    }

    /// Takes turns until nothing waits. One caller turns at a time; the others wait until their inputs are through.
    private func turn() async {
        guard !isTurning else {
            await withCheckedContinuation { followers.append($0) }
            return
        }
        if storeTrouble.pauses(at: Self.now()), waiting.allSatisfy({ $0.ticket == nil }) { return }
        isTurning = true
        while !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.turnMaximum))
            waiting.removeFirst(batch.count)
            await carryOut(batch)
            if storeTrouble.isThere { break }
        }
        isTurning = false
        let done = followers
        followers = []
        for follower in done { follower.resume() }
    }

    /// Carries inputs out, or says of each that waits for it that it was not. One that can never be written is
    /// dropped alone; when the store cannot write (its disk is full, say), the others wait until it can.
    private func carryOut(_ batch: [Waiting]) async {
        switch await turn(over: batch.map(\.input)) {
        case .written:
            if storeTrouble.isThere { logger.notice("the store writes again") }
            storeTrouble.end()
        case .storeFailed:
            waiting = batch + waiting
            dropped.formUnion(waiting.compactMap(\.ticket))
            waiting.removeAll { $0.ticket != nil }
            awaitStore()
        case .flawed where batch.count > 1:
            waiting = batch.dropFirst(batch.count / 2) + waiting
            await carryOut(Array(batch.prefix(batch.count / 2)))
        case .flawed:
            logger.critical("an input of the heart was dropped", metadata: ["input": "\(batch.map(\.input.subject))"])
            dropped.formUnion(batch.compactMap(\.ticket))
        }
    }

    /// What nobody waits for is tried again after a pause.
    private func awaitStore() {
        if !storeTrouble.isThere { logger.critical("the store cannot write: the heart waits for it") }
        let pause = storeTrouble.nextPause(at: Self.now())
        retry?.cancel()
        retry = Task {
            guard (try? await Task.sleep(for: .milliseconds(pause))) != nil else { return }
            await self.turn()
        }
    }

    private enum Outcome { case written, storeFailed, flawed }

    /// One turn: step, commit, act. The rows in memory change only with the store's.
    private func turn(over batch: [Input]) async -> Outcome {
        for attempt in 1... {
            do {
                try await stepAndCommit(batch)
                return .written
            } catch StoreError.conflict where attempt < Self.conflictsMaximum {
                logger.notice("stepping again: another scheduler wrote the same row")
                if let loaded = try? await HeartRows.load(like: rows.ledger, from: store, at: Self.now()) {
                    rows = loaded
                }
            } catch let failure as any StorageFailure where failure.mayPass {
                logger.error("a turn of the heart was not written", metadata: ["error": "\(failure)"])
                if storeTrouble.isThere || attempt >= StoreTrouble.triesAtOnce { return .storeFailed }
                try? await Task.sleep(for: StoreTrouble.shortPause)
            } catch {
                logger.error("a turn of the heart was not written", metadata: ["error": "\(error)"])
                return .flawed
            }
        }
        return .flawed
    }

    private func stepAndCommit(_ batch: [Input]) async throws {
        rows = try await rows.fetched(for: batch, from: store)
        var step = HeartStep(
            rows: rows, fence: fence, timing: timing, now: HeartDriver.now(), isLocal: outside.isLocal, peerName: outside.peerName)
        step.run(batch)
        let commit = try step.commit(wallMilliseconds: Clocks.wallMilliseconds())
        if !commit.isEmpty { try await store.commit(commit) }
        rows = step.committedRows()
        rows.forgetEnded(beyond: Self.endedKeptInMemory)
        act(on: step)
    }

    private func act(on step: HeartStep) {
        for effect in step.outward {
            switch effect {
            case .send(let message): outside.send(message)
            case .check(let key, let job, let contract): outside.check(key, job, contract)
            case .startAttempt(let order): outside.start(order)
            case .cancelAttempt(let attempt, let failure): outside.cancel(attempt, failure)
            case .cleanUp(let key): outside.cleanUp(key)
            case .ask, .tell, .wake, .record: break
            case .inherit(let job, _): outside.inherit(job)
            case .awaitJobs(let job, let others): self.await(others, for: job)
            }
        }
        for key in step.refused {
            logger.warning("a partner's job was not taken: too many live here", metadata: ["job": "\(key)"])
        }
        tellDependents(ofEnded: step.endedJobs)
        for (target, instant) in step.wakes { timers.set(target, instant) }
        armTimer()
        if step.hasRecords { feed.wake() }
    }

    // MARK: Timers

    static func now() -> Instant { Instant(milliseconds: Clocks.monotonicMilliseconds()) }

    private func armTimer() {
        timer?.cancel()
        guard let next = timers.next else { return }
        let delay = max(0, next.milliseconds - Clocks.monotonicMilliseconds())
        timer = Task {
            do {
                try await Task.sleep(for: .milliseconds(delay))
            } catch {
                return
            }
            await self.wake()
        }
    }

    private func wake() async {
        for target in timers.due(at: Self.now()) {
            switch target {
            case .coordinator(let job): waiting.append(Waiting(.coordinator(job, .woken)))
            case .member(let key): waiting.append(Waiting(.member(key, .woken)))
            }
        }
        await turn()
        armTimer()
    }

    // MARK: What others look at

    func coordinator(_ job: JobID) async throws -> Coordinator? {
        if let row = rows.coordinators[job] { return row.value }
        return try await HeartRows.coordinator(job, in: store)?.value
    }

    func members(of job: JobID) async throws -> [Member] {
        let here = rows.members.values.filter { $0.value.key.job == job }.map(\.value)
        if !here.isEmpty { return here.sorted { $0.key < $1.key } }
        return try await HeartRows.members(of: job, in: store).map(\.value)
    }

    var ledger: Ledger { rows.ledger }
    var liveJobs: Int { rows.liveCoordinators.count }
    var liveMemberKeys: [MemberKey] { rows.liveMembers }
    var waitingForApproval: [Member] {
        rows.members.values.map(\.value).filter { $0.approval == .waitingForApproval }.sorted { $0.key < $1.key }
    }
}

/// The aggregates that want to be woken.
struct HeartTimers {
    enum Target: Hashable, Sendable {
        case coordinator(JobID)
        case member(MemberKey)
    }

    private var instants: [Target: Instant] = [:]

    mutating func set(_ target: Target, _ instant: Instant?) { instants[target] = instant }

    var next: Instant? { instants.values.min() }

    /// Takes those whose time has come.
    mutating func due(at now: Instant) -> [Target] {
        let due = instants.filter { $0.value <= now }.map(\.key)
        for target in due { instants[target] = nil }
        return due
    }
}
