import Glibc

/// Threads for calls that wait: one for each wait under way, kept for the next. All have ended when `close` returns.
final class WaitThreads: Sendable {
    /// More waits at a time than this mean that a component asks for messages without end.
    static let maximumThreads = 512

    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var idle = 0
        var threads = 0
        var isClosed = false
    }

    private let state = Locked(State())

    /// Runs a blocking call on one of the threads; the task waits without a thread.
    func run<Result: Sendable>(_ call: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let work: @Sendable () -> Void = { continuation.resume(with: Swift.Result { try call() }) }
            do { try submit(work) } catch { continuation.resume(throwing: error) }
        }
    }

    func submit(_ work: @escaping @Sendable () -> Void) throws {
        let needsThread = try state.signal { state in
            guard !state.isClosed else { throw ComponentError.cancelled }
            let needsThread = state.idle <= state.waiting.count
            if needsThread {
                guard state.threads < Self.maximumThreads else {
                    throw ComponentError(
                        .resourceExhausted, "More than \(Self.maximumThreads) waits at a time in one attempt.")
                }
                state.threads += 1
            }
            state.waiting.append(work)
            return needsThread
        }
        if needsThread { try startThread() }
    }

    private func startThread() throws {
        var thread = pthread_t()
        let this = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { this in
                if let this { Unmanaged<WaitThreads>.fromOpaque(this).takeRetainedValue().serve() }
                return nil
            }, this.toOpaque())
        guard status == 0 else {
            this.release()
            // The work would wait for ever for a thread of its own: it goes to one that is there, or nowhere.
            let isLost = state.signal { state in
                state.threads -= 1
                if state.threads == 0 { state.waiting.removeLast() }
                return state.threads == 0
            }
            if isLost { throw ComponentError(.resourceExhausted, "No thread could be made: status \(status).") }
            return
        }
        pthread_detach(thread)
    }

    private func serve() {
        while let work = nextWork() { work() }
        state.signal { $0.threads -= 1 }
    }

    private func nextWork() -> (@Sendable () -> Void)? {
        state.withLock { $0.idle += 1 }
        return state.wait { state -> (@Sendable () -> Void)?? in
            if !state.waiting.isEmpty {
                state.idle -= 1
                return .some(state.waiting.removeFirst())
            }
            guard state.isClosed else { return nil }
            state.idle -= 1
            return .some(nil)
        }
    }

    /// Lets the threads end when they are idle.
    func letEnd() { state.signal { $0.isClosed = true } }

    /// Lets the threads end and waits for them.
    func close() {
        letEnd()
        state.wait { $0.threads == 0 ? () : nil }
    }
}
