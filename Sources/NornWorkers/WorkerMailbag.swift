import Glibc
import NornLinux
import Synchronization

/// What other threads and tasks hand to the thread of a worker's channel.
final class WorkerMailbag: Sendable {
    /// One-way calls that the site has not dealt with; beyond it the worker has to wait.
    static let unhandledLimit = 256
    /// Packets that wait to be sent; a worker that asks much and reads nothing breaks the protocol.
    static let outgoingLimit = 4096
    /// Calls with an answer that are served at the same time: each takes a thread of the worker that waits for it.
    static let unansweredLimit = 4096

    struct Cancel: Sendable {
        var reason: Int
        /// Monotonic milliseconds.
        var terminateAt: Int
    }

    struct State: Sendable {
        var outgoing: [OutgoingPacket] = []
        var cancel: Cancel?
        /// What the worker is to be told of its lease; only the newest counts.
        var liveUntil: Int?
        var unhandled = 0
        var unanswered = 0
        var refused = 0
        var refusal: AttemptError?
        var isOver = false
        var pid: pid_t?
    }

    let wakeDescriptor: Int32
    let state = Mutex(State())

    init() { wakeDescriptor = norn_linux_wake_counter() }

    deinit { if wakeDescriptor >= 0 { _ = close(wakeDescriptor) } }

    func post(_ packet: OutgoingPacket) {
        let wakes = state.withLock { state in
            guard !state.isOver else { return false }
            state.outgoing.append(packet)
            return true
        }
        if wakes { wake() }
    }

    /// The first cancel counts; a later one can only make it sooner.
    func cancel(reason: Int, terminateAt: Int) {
        state.withLock { state in
            let earlier = state.cancel.map { min($0.terminateAt, terminateAt) } ?? terminateAt
            state.cancel = Cancel(reason: state.cancel?.reason ?? reason, terminateAt: earlier)
        }
        wake()
    }

    func live(until time: Int) {
        state.withLock { $0.liveUntil = time }
        wake()
    }

    /// The first reason counts.
    func end(because error: AttemptError) {
        state.withLock { state in
            if state.refusal == nil { state.refusal = error }
        }
        wake()
    }

    /// Answers how many calls were refused so far.
    func answeredOne(isRefused: Bool) -> Int {
        state.withLock { state in
            state.unanswered -= 1
            if isRefused { state.refused += 1 }
            return state.refused
        }
    }

    func handledOne() {
        let resumes = state.withLock { state in
            state.unhandled -= 1
            return state.unhandled == Self.unhandledLimit / 2
        }
        if resumes { wake() }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeDescriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Called by the channel's thread after a wake.
    func clearWake() {
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, MemoryLayout<UInt64>.size)
    }
}

/// Milliseconds of the monotonic clock.
func monotonicMilliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}
