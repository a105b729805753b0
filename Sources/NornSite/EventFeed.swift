import Foundation
import Synchronization

/// Wakes those who follow the event log. It carries no events: a follower reads them from the store, so that none is
/// lost and none is kept twice.
public final class EventFeed: Sendable {
    private struct Followers {
        var all: [Int: AsyncStream<Void>.Continuation] = [:]
        var ofJob: [String: [Int: AsyncStream<Void>.Continuation]] = [:]
        var next = 0
        var isClosed = false
    }

    /// A closure is wrapped anew each time that it passes through a generic type: bare in the mutex, each look at it
    /// would leave it one layer deeper.
    private struct Watcher: Sendable { var tell: @Sendable (String) -> Void }

    private let followers = Mutex(Followers())
    /// Told of each job that changed, before its followers are.
    private let watch = Mutex<Watcher?>(nil)

    public init() {}

    /// Elements come after something changed; several changes may be one element. Ends when the site drains.
    /// - Parameter job: only changes of this one.
    public func wakes(of job: String? = nil) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = followers.withLock { followers -> Int? in
            guard !followers.isClosed else { return nil }
            followers.next += 1
            if let job {
                followers.ofJob[job, default: [:]][followers.next] = continuation
            } else {
                followers.all[followers.next] = continuation
            }
            return followers.next
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.forget(number, job) }
        return stream
    }

    private func forget(_ number: Int, _ job: String?) {
        followers.withLock { followers in
            guard let job else { return followers.all[number] = nil }
            followers.ofJob[job]?[number] = nil
            if followers.ofJob[job]?.isEmpty == true { followers.ofJob[job] = nil }
        }
    }

    /// These jobs changed, or what is told of them.
    public func changed(_ jobs: some Sequence<String>) {
        let jobs = Array(jobs)
        if let watcher = watch.withLock({ $0 }) { jobs.forEach(watcher.tell) }
        let woken = followers.withLock { followers in
            jobs.flatMap { followers.ofJob[$0].map { Array($0.values) } ?? [] } + followers.all.values
        }
        for follower in woken { follower.yield() }
    }

    /// Everyone looks again: whether they still may follow.
    public func wake() {
        let woken = followers.withLock { Array($0.all.values) + $0.ofJob.values.flatMap { Array($0.values) } }
        for follower in woken { follower.yield() }
    }

    public func onChange(_ tell: @escaping @Sendable (String) -> Void) { watch.withLock { $0 = Watcher(tell: tell) } }

    public func close() {
        let all = followers.withLock { followers in
            followers.isClosed = true
            return Array(followers.all.values) + followers.ofJob.values.flatMap { Array($0.values) }
        }
        for follower in all { follower.finish() }
    }
}
