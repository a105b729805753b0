import Foundation
import Synchronization

/// Wakes those who follow the event log. It carries no events: a follower reads them from the store, so that none is
/// lost and none is kept twice.
public final class EventFeed: Sendable {
    private let followers = Mutex<[Int: AsyncStream<Void>.Continuation]>([:])
    private let next = Atomic<Int>(0)
    private let closed = Atomic<Bool>(false)

    public init() {}

    /// Elements come after something changed; several changes may be one element. Ends when the site drains.
    public func wakes() -> AsyncStream<Void> {
        let number = next.add(1, ordering: .relaxed).newValue
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.onTermination = { [weak self] _ in
            self?.followers.withLock { _ = $0.removeValue(forKey: number) }
        }
        followers.withLock { $0[number] = continuation }
        if closed.load(ordering: .acquiring) { continuation.finish() }
        return stream
    }

    public func wake() {
        let all = followers.withLock { Array($0.values) }
        for follower in all { follower.yield() }
    }

    public func close() {
        closed.store(true, ordering: .releasing)
        let all = followers.withLock { Array($0.values) }
        for follower in all { follower.finish() }
    }
}
