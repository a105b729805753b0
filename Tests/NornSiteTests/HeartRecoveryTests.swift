import NornFlow
import NornStore
import Synchronization
import Testing

@testable import NornSite

/// What a driver makes of commits whose answer is lost, and of the rows that it finds when it begins.
@Suite struct HeartRecoveryTests {
    private let host = Party(role: .host, id: "10000")

    private struct Missing: Error {}

    private final class Started: Sendable {
        private let identities = Mutex<[AttemptIdentity]>([])
        var all: [AttemptIdentity] { identities.withLock { $0 } }
        func add(_ identity: AttemptIdentity) { identities.withLock { $0.append(identity) } }
    }

    /// Serves the queue until the job has ended.
    private func serve(_ driver: HeartDriver, untilEndOf job: JobID, _ body: () async throws -> Void) async throws {
        let wakes = await driver.feed.wakes(of: job)
        let serving = Task { await driver.run() }
        defer { serving.cancel() }
        try await body()
        for await _ in wakes where try await driver.coordinator(job)?.phase == .ended { return }
    }

    @Test func whatIsDurableThoughItsAnswerIsLostIsDoneOnce() async throws {
        let store = UncertainStore(try SQLiteStore.inMemory())
        let started = Started()
        let driver = HeartUnderTest.driver(
            store, runsAttempts: true, accepts: { _ in true }, starts: { started.add($0) })
        try await driver.recover(capacity: HeartUnderTest.capacity)
        await store.loseAnswers()
        try await serve(driver, untilEndOf: "1") { try await driver.step(.submit(HeartUnderTest.job("1", tasks: 3))) }
        #expect(try await driver.coordinator("1")?.status == .success)
        #expect(started.all.map(\.task).sorted() == ["task_0", "task_1", "task_2"])
    }

    /// Nothing else is stepped before it is known what became of the turn.
    @Test func aStoreThatCannotBeAskedIsAskedUntilItAnswers() async throws {
        let store = UncertainStore(try SQLiteStore.inMemory())
        let started = Started()
        let driver = HeartUnderTest.driver(
            store, runsAttempts: true, accepts: { _ in true }, starts: { started.add($0) })
        try await driver.recover(capacity: HeartUnderTest.capacity)
        try await serve(driver, untilEndOf: "1") {
            let unsure = Task {
                await #expect(throws: SiteError.self) { try await driver.step(.submit(HeartUnderTest.job("1"))) }
            }
            await store.leaveAfterCommit {}
            #expect(await unsure.value?.code == "heart_unsure")
            let refusal = await #expect(throws: SiteError.self) {
                try await driver.step(.submit(HeartUnderTest.job("2")))
            }
            #expect(refusal?.code == "heart_not_written")
            #expect(started.all.isEmpty)
            await store.comeBack()
        }
        #expect(try await driver.coordinator("1")?.status == .success)
        #expect(try await driver.coordinator("2") == nil)
        #expect(started.all.map(\.task) == ["task_0"])
    }

    /// More than a turn takes otherwise.
    @Test func aSiteThatComesUpTellsAllThatIsNotDoneInOneTurn() async throws {
        let base = try SQLiteStore.inMemory()
        let first = HeartUnderTest.driver(base)
        let count = HeartDriver.turnMaximum / 2 + 10
        for number in 0..<count { try await first.step(.submit(HeartUnderTest.job("\(number)"))) }
        let store = UncertainStore(base)
        let second = HeartUnderTest.driver(store, fence: 2)
        try await second.recover(capacity: HeartUnderTest.capacity)
        // What has become due meanwhile may follow in a second turn.
        #expect(await store.firstWritten.count >= 2 * count)
        for number in 0..<count {
            #expect(try await HeartRows.coordinator("\(number)", in: store)?.value.fence == 2)
            let members = try await HeartRows.members(of: "\(number)", in: store)
            #expect(members.map(\.epoch) == [2])
        }
    }

    @Test func aSiteThatCannotWriteThatItCameUpDoesNotBegin() async throws {
        let base = try SQLiteStore.inMemory()
        try await HeartUnderTest.driver(base).step(.submit(HeartUnderTest.job("1")))
        let store = UncertainStore(base)
        let driver = HeartUnderTest.driver(store, fence: 2)
        await store.goAway()
        let refusal = await #expect(throws: StoreError.self) { try await driver.recover(capacity: [:]) }
        #expect(refusal?.mayPass == true)
    }

    private func jobOfTwo() -> Job {
        let guest = Party(role: .guest, id: "9999")
        let task = JobTask(name: "a", module: "Any", parties: [guest, host])
        return Job(id: "1", initiator: guest, parties: [guest, host], tasks: [task])
    }

    /// A stop that a party has not heard of outlives the site, and the party is asked for when it is back.
    @Test func anEndThatIsOwedToAPartyOutlivesARestart() async throws {
        let store = try SQLiteStore.inMemory()
        let host = host
        let first = HeartUnderTest.driver(store, isLocal: { $0 != host })
        try await first.step(.submit(jobOfTwo()))
        try await first.step(.coordinator("1", .stop(by: "ada")))
        let ended = try #require(try await first.coordinator("1"))
        #expect(ended.phase == .ended && !ended.isDone)

        let sent = SentMessages()
        let second = HeartUnderTest.driver(store, fence: 2, isLocal: { $0 != host }) { sent.add($0) }
        try await second.recover(capacity: [:])
        let orders = sent.messages.compactMap { if case .orders(let orders) = $0 { orders } else { nil } }
        #expect(orders.last?.to == host)
        #expect(orders.last?.body.end == .canceled)
        #expect(await second.isWaiting(for: "10000") { $0.id })
        #expect(await second.liveJobs == 0)
        #expect(try await second.unconfirmed("1") == [host])

        // It confirms: nothing is owed any more.
        let asked = try #require(orders.last)
        var member = try #require(Member(for: asked, site: "h", epoch: 1, at: HeartDriver.now()))
        let report = try #require(SentMessages.report(member.step(.orders(asked), at: HeartDriver.now())))
        try await second.step(.message(.report(report)))
        #expect(try await second.coordinator("1")?.isDone == true)
        #expect(await !second.isWaiting(for: "10000") { $0.id })
        #expect(try await second.unconfirmed("1").isEmpty)
    }

    /// What had settled before a site was restored or restarted speaks for the new run: else its partners would take
    /// its words for old ones.
    @Test func whatWasDoneBeforeTheSiteBeganSpeaksForThisRun() async throws {
        let store = try SQLiteStore.inMemory()
        let host = host
        let now = Instant(milliseconds: 1_000)
        var coordinator = Coordinator(job: jobOfTwo(), fence: 1, at: now)
        let first = try #require(SentMessages.orders(coordinator.step(.submitted, at: now), to: host))
        let end = try #require(SentMessages.orders(coordinator.step(.stop(by: "ada"), at: now), to: host))
        let before = HeartUnderTest.driver(store, isLocal: { $0 == host })
        try await before.step(.message(.orders(first)))
        try await before.step(.message(.orders(end)))
        let key = MemberKey(job: "1", party: host)
        #expect(try await HeartRows.member(key, in: store)?.isSettled == true)

        let sent = SentMessages()
        let after = HeartUnderTest.driver(store, fence: 7, isLocal: { $0 == host }) { sent.add($0) }
        try await after.recover(capacity: [:])
        #expect(sent.messages.isEmpty)
        var asked = end
        asked.needsAnswer = true
        try await after.step(.message(.orders(asked)))
        guard case .report(let report)? = sent.messages.last else { throw Missing() }
        #expect(report.epoch == 7)
    }

    /// A party that was away still has to hear of the end. By age the job goes all the same.
    @Test func aJobWhoseEndIsNotConfirmedIsNotCleanedByHand() async throws {
        let home = try HeartUnderTest.home()
        let store = try SQLiteStore.inMemory()
        let host = host
        let driver = HeartUnderTest.driver(store, isLocal: { $0 != host })
        try await driver.step(.submit(jobOfTwo()))
        try await driver.step(.coordinator("1", .stop(by: "ada")))
        let cleaning = JobCleaning(store: store, home: home, driver: driver)
        let refusal = await #expect(throws: SiteError.self) { try await cleaning.clean("1") }
        #expect(refusal?.code == "job_unconfirmed")
        #expect(refusal?.party == "host:10000")
        #expect(try await store.job("1") != nil)
        #expect(try await cleaning.cleanAll(["1"]) == 1)
        #expect(try await store.job("1") == nil)
        #expect(await !driver.isWaiting(for: "10000") { $0.id })
    }
}
