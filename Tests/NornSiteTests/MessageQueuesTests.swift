import NornFederation
import NornFlow
import Synchronization
import Testing

@testable import NornSite

@Suite(.timeLimit(.minutes(1))) struct MessageQueuesTests {
    private let guest = Party(role: .guest, id: "9999")
    private let host = Party(role: .host, id: "10000")
    private let peer = TrustedPeer(name: "shop", parties: ["10000"], pins: [])

    /// Calls that hang until they are let go.
    private final class Calls: Sendable {
        let made = Mutex<[[Message]]>([])
        private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

        func call(_ messages: [Message]) async {
            await withCheckedContinuation { continuation in
                waiting.withLock { $0.append(continuation) }
                made.withLock { $0.append(messages) }
            }
        }

        func letGo() {
            let all = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for continuation in all { continuation.resume() }
        }

        func until(_ count: Int) async throws {
            while made.withLock({ $0.count }) < count { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    private func orders(_ job: JobID, _ number: UInt64, needsAnswer: Bool = false) throws -> Message {
        let task = JobTask(name: "a", module: "Any", parties: [guest, host])
        let contract = Job(id: job, initiator: guest, parties: [guest, host], tasks: [task])
        var coordinator = Coordinator(job: contract, fence: 1, at: Instant(milliseconds: 1))
        let sent = coordinator.step(.submitted, at: Instant(milliseconds: 1)).compactMap { effect -> Orders? in
            if case .send(.orders(let orders)) = effect, orders.to == host { orders } else { nil }
        }
        var orders = try #require(sent.first)
        (orders.number, orders.needsAnswer, orders.contract) = (number, needsAnswer, nil)
        return .orders(orders)
    }

    private func numbers(_ messages: [Message]) -> [String] {
        messages.map { if case .orders(let orders) = $0 { "\(orders.job)\(orders.number)" } else { "report" } }
    }

    @Test func whatComesWhileCallsAreUnderWayGoesInTheNextOne() async throws {
        let (queues, calls) = (MessageQueues(), Calls())
        func put(_ message: Message) { queues.put(message, for: peer) { messages, _ in await calls.call(messages) } }
        for (place, job) in ["a", "b"].enumerated() {
            put(try orders(job, 1))
            try await calls.until(place + 1)
        }
        put(try orders("c", 1, needsAnswer: true))
        put(try orders("d", 1))
        put(try orders("c", 2))
        calls.letGo()
        try await calls.until(MessageQueues.callsAtOnce + 1)
        let third = calls.made.withLock { $0[2] }
        #expect(numbers(third) == ["c2", "d1"], "a later message stands for an earlier one, in its place")
        guard case .orders(let both) = third[0] else { return }
        #expect(both.needsAnswer)
        calls.letGo()
    }

    @Test func aNewConnectionDoesNotWaitForCallsThatHang() async throws {
        let (queues, calls) = (MessageQueues(), Calls())
        func put(_ message: Message) { queues.put(message, for: peer) { messages, _ in await calls.call(messages) } }
        for (place, job) in ["a", "b"].enumerated() {
            put(try orders(job, 1))
            try await calls.until(place + 1)
        }
        put(try orders("c", 1))
        queues.renewed("shop")
        try await calls.until(MessageQueues.callsAtOnce + 1)
        #expect(calls.made.withLock { numbers($0[2]) } == ["c1"])
        // Those that hung come to an end, and take nothing that is another's.
        calls.letGo()
        put(try orders("d", 1))
        try await calls.until(MessageQueues.callsAtOnce + 2)
        calls.letGo()
    }

    @Test func bothCodingsOfAMessageAreRead() throws {
        let message = try orders("a", 7, needsAnswer: true)
        for version in 1...PeerVersions().newest {
            #expect(MessageBody.decode(try MessageBody.encode(message, version)) == message)
        }
        #expect(try MessageBody.encode(message, 2).first == UInt8(ascii: "{"))
        #expect(MessageBody.decode(try MessageBody.encode(message, 3).dropLast()) == nil)
        #expect(MessageBody.decode([]) == nil)
    }
}
