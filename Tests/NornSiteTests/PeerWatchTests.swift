import Logging
import NornFederation
import Synchronization
import Testing

@testable import NornSite

/// A peer that does not answer is asked again, and the heart is told once when it is heard.
@Suite(.timeLimit(.minutes(1))) struct PeerWatchTests {
    static let peer = TrustedPeer(name: "bank", parties: ["9999"], pins: [])
    static let silence = FederationError(.unreachable, "bank cannot be reached")

    private final class Log: Sendable {
        let probes = Atomic<Int>(0)
        let answersAfter = Atomic<Int>(.max)
        let told = Mutex<[String]>([])
        let isWaitedFor = Mutex(true)
    }

    private static func watch(_ log: Log) -> PeerWatch {
        let watch = PeerWatch(logger: Logger(label: "test")) { _ in
        } probe: { _ in
            let number = log.probes.add(1, ordering: .relaxed).newValue
            if number < log.answersAfter.load(ordering: .relaxed) { throw silence }
        }
        watch.tell(
            PeerWatch.Told { _ in
                log.isWaitedFor.withLock { $0 }
            } isBack: { name in
                log.told.withLock { $0.append(name) }
            })
        return watch
    }

    private static func until(_ isSo: () -> Bool) async throws {
        while !isSo() { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test func aProbeThatIsAnsweredTellsTheHeart() async throws {
        let log = Log()
        log.answersAfter.store(2, ordering: .relaxed)
        let watch = Self.watch(log)
        watch.failed(Self.peer, Self.silence)
        watch.failed(Self.peer, Self.silence)
        #expect(watch.reasons == ["bank": "bank cannot be reached"])
        try await Self.until { !log.told.withLock { $0.isEmpty } }
        #expect(log.told.withLock { $0 } == ["bank"])
        #expect(watch.reasons.isEmpty)
        watch.answered("bank")
        #expect(log.probes.load(ordering: .relaxed) == 2)
    }

    @Test func aCallOfThePeerTellsTheHeartWithoutAProbe() async throws {
        let log = Log()
        let watch = Self.watch(log)
        watch.heard("bank")
        watch.failed(Self.peer, Self.silence)
        watch.heard("bank")
        watch.heard("bank")
        try await Self.until { !log.told.withLock { $0.isEmpty } }
        #expect(log.told.withLock { $0 } == ["bank"])
    }

    /// A site that refuses us may well call us; our calls go through only when one did.
    @Test func aPeerThatRefusesIsNotBackBecauseItCalls() {
        let watch = Self.watch(Log())
        watch.failed(Self.peer, FederationError(.foreignParty, "not your party"))
        watch.heard("bank")
        #expect(watch.reasons == ["bank": "not your party"])
        watch.answered("bank")
        #expect(watch.reasons.isEmpty)
    }

    @Test func nobodyIsAskedWhenNothingWaits() async throws {
        let log = Log()
        log.isWaitedFor.withLock { $0 = false }
        let watch = Self.watch(log)
        watch.failed(Self.peer, Self.silence)
        try await Task.sleep(for: .milliseconds(PeerWatch.firstPauseMilliseconds * 2))
        #expect(log.probes.load(ordering: .relaxed) == 0)
    }
}
