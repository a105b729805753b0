import NornFlow
import Testing

@testable import NornSite

/// What the heart finds without a look at all of its rows.
@Suite struct HeartIndexTests {
    private let guest = Party(role: .guest, id: "9999")
    private let host = Party(role: .host, id: "10000")
    private let now = Instant(milliseconds: 1_000)

    private func job(_ id: JobID, dependsOn: [JobID] = []) -> Job {
        var parameters = JobParameters()
        parameters.dependsOn = dependsOn
        let task = JobTask(name: "a", module: "Any", parties: [guest, host])
        return Job(id: id, initiator: guest, parties: [guest, host], tasks: [task], parameters: parameters)
    }

    @Test func anEndedJobAwaitsThoseThatHaveNotConfirmed() throws {
        var index = HeartIndex()
        let begun = Coordinator(job: job("1"), fence: 1, at: now)
        index.replace(nil, with: begun)
        #expect(index.liveCoordinators == ["1"])
        #expect(index.openCoordinators == ["1"])
        #expect(index.jobs(awaiting: host) == ["1"])

        var ended = begun
        let orders = ended.step(.stop(by: "ada"), at: now)
        index.replace(begun, with: ended)
        #expect(index.liveCoordinators.isEmpty)
        #expect(index.openCoordinators == ["1"])
        #expect(index.jobs(awaiting: guest) == ["1"])

        var confirmed = ended
        for party in [guest, host] {
            let mine = try #require(SentMessages.orders(orders, to: party))
            var member = try #require(Member(for: mine, site: "s", epoch: 1, at: now))
            let report = try #require(SentMessages.report(member.step(.orders(mine), at: now)))
            let before = confirmed
            _ = confirmed.step(.report(report), at: now)
            index.replace(before, with: confirmed)
            #expect(index.jobs(awaiting: party).isEmpty)
        }
        #expect(index.openCoordinators.isEmpty)
        #expect(index.parties.isEmpty)
        #expect(index.takeOwedCoordinators(beyond: 0).isEmpty)
        #expect(index.takeDoneCoordinators(beyond: 0) == ["1"])
    }

    @Test func whatLeavesTheMemoryLeavesNothing() {
        var index = HeartIndex()
        let waiting = Coordinator(job: job("2", dependsOn: ["1"]), fence: 1, at: now)
        index.replace(nil, with: waiting)
        #expect(index.dependents(of: "1") == ["2"])
        index.remove(waiting)
        #expect(index.dependents(of: "1").isEmpty)
        #expect(index.openCoordinators.isEmpty && index.liveCoordinators.isEmpty)
        #expect(index.parties.isEmpty)
    }

    @Test func whatEndedFirstLeavesFirst() {
        var order = EndedOrder<Int>()
        for key in [3, 1, 2] { order.set(key, ended: true) }
        order.set(3, ended: false)
        order.set(4, ended: true)
        #expect(order.take(beyond: 1) == [1, 2])
        #expect(order.contains(4) && !order.contains(1))
        order.set(3, ended: true)
        #expect(order.take(beyond: 0) == [4, 3])
    }
}

@Suite struct HeartTimersTests {
    private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

    @Test func theNextWakeOfEachCountsInOrderOfTime() {
        var timers = HeartTimers()
        #expect(timers.next == nil)
        timers.set(.coordinator("a"), at(30))
        timers.set(.coordinator("b"), at(20))
        timers.set(.coordinator("c"), at(40))
        timers.set(.coordinator("b"), at(50))
        #expect(timers.next == at(30))
        timers.set(.coordinator("a"), nil)
        #expect(timers.next == at(40))
        #expect(timers.due(at: at(39)).isEmpty)
        #expect(timers.due(at: at(50)) == [.coordinator("c"), .coordinator("b")])
        #expect(timers.next == nil)
    }

    /// Against a plain search, with many changes.
    @Test func aHeapOfOutdatedWakesFindsWhatASearchFinds() {
        var timers = HeartTimers()
        var wanted: [HeartTimers.Target: Instant] = [:]
        var number: UInt64 = 7
        for round in 0..<20_000 {
            number = number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let target = HeartTimers.Target.coordinator("\((number >> 40) % 50)")
            let instant = number >> 60 == 0 ? nil : at(Int64(round) + Int64((number >> 33) % 1_000))
            timers.set(target, instant)
            wanted[target] = instant
            guard round % 100 == 0 else { continue }
            #expect(timers.next == wanted.values.min())
            let due = Set(timers.due(at: at(Int64(round))))
            #expect(due == Set(wanted.filter { $0.value <= at(Int64(round)) }.keys))
            for target in due { wanted[target] = nil }
        }
    }
}
