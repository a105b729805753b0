import NornFederation
import NornFlow
import Synchronization

/// Messages of the heart on their way to peers, in order. What comes while calls to a peer are under way waits, and
/// goes together in the next one: a site with many jobs makes few calls, one with a single job waits for nothing.
final class MessageQueues: Sendable {
    /// To one peer.
    static let callsAtOnce = 2
    /// Messages in one call.
    static let messagesOfCallMaximum = 64
    /// Messages that wait for one peer. More are not kept: the heart sends again what is not answered.
    static let waitingMaximum = 4096

    /// One call; returns when the peer has answered, or does not.
    typealias Deliver = @Sendable ([Message], TrustedPeer) async -> Void

    private struct Queue {
        var waiting: [Message] = []
        var places: [Message.Lane: Int] = [:]
        var calls = 0
        /// Raised when the calls under way are given up: those of an earlier one count no more.
        var generation = 0
        var peer: TrustedPeer
        var deliver: Deliver

        mutating func put(_ message: Message) {
            if let place = places[message.lane] {
                waiting[place] = message.superseding(waiting[place])
            } else if waiting.count < MessageQueues.waitingMaximum {
                places[message.lane] = waiting.count
                waiting.append(message)
            }
        }

        /// What the next call carries; nil when none is to be made.
        mutating func take(_ generation: Int) -> [Message]? {
            guard generation == self.generation else { return nil }
            guard !waiting.isEmpty else {
                calls -= 1
                return nil
            }
            let messages = Array(waiting.prefix(MessageQueues.messagesOfCallMaximum))
            waiting.removeFirst(messages.count)
            places = [:]
            for (place, message) in waiting.enumerated() { places[message.lane] = place }
            return messages
        }

        /// The generation of a call that is to begin; nil when enough are under way, or nothing waits.
        mutating func beginCall() -> Int? {
            guard calls < MessageQueues.callsAtOnce, !waiting.isEmpty else { return nil }
            calls += 1
            return generation
        }
    }

    private let queues = Mutex<[String: Queue]>([:])

    func put(_ message: Message, for peer: TrustedPeer, deliver: @escaping Deliver) {
        let generation = queues.withLock { queues -> Int? in
            var queue = queues[peer.name] ?? Queue(peer: peer, deliver: deliver)
            queue.peer = peer
            queue.put(message)
            let generation = queue.beginCall()
            queues[peer.name] = queue
            return generation
        }
        if let generation { begin(peer, generation, deliver) }
    }

    /// The peer is called over a new connection from now on: nothing waits for calls that hang on the old one.
    func renewed(_ name: String) {
        let begun = queues.withLock { queues -> (TrustedPeer, Int, Deliver)? in
            guard var queue = queues[name] else { return nil }
            queue.generation += 1
            queue.calls = 0
            let generation = queue.beginCall()
            queues[name] = queue
            return generation.map { (queue.peer, $0, queue.deliver) }
        }
        if let (peer, generation, deliver) = begun { begin(peer, generation, deliver) }
    }

    private func begin(_ peer: TrustedPeer, _ generation: Int, _ deliver: @escaping Deliver) {
        Task {
            while let messages = queues.withLock({ $0[peer.name]?.take(generation) }) {
                await deliver(messages, peer)
            }
        }
    }
}
