import Glibc

/// Runs an attempt's tasks on the attempt's own thread, so that a component may block there.
///
/// The thread that calls `run` serves the queue until the component's main has ended; the cooperative pool, which has
/// only as many threads as there are cores, never sees a call that waits.
final class AttemptExecutor: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var head = 0
        var hasEnded = false
        var thread: pthread_t?

        mutating func next() -> UnownedJob? {
            guard head < jobs.count else { return nil }
            defer {
                head += 1
                if head == jobs.count {
                    jobs.removeAll(keepingCapacity: true)
                    head = 0
                }
            }
            return jobs[head]
        }
    }

    private let state = Locked(State())

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.signal { $0.jobs.append(job) }
    }

    var isCurrentThread: Bool {
        guard let thread = state.withLock({ $0.thread }) else { return false }
        return pthread_equal(thread, pthread_self()) != 0
    }

    /// Serves this thread to `main` and the tasks that it makes; gives main's failure.
    /// - Parameter started: gets the task, to cancel it.
    func run(
        _ main: @escaping @Sendable () async throws -> Void, started: (Task<Void, any Error>) -> Void
    ) throws {
        state.withLock { $0.thread = pthread_self() }
        let outcome = Locked<Result<Void, any Error>?>(nil)
        let task = Task(executorPreference: self) {
            defer { self.state.signal { $0.hasEnded = true } }
            do {
                try await main()
                outcome.withLock { $0 = .success(()) }
            } catch {
                outcome.withLock { $0 = .failure(error) }
                throw error
            }
        }
        started(task)
        while let job = state.wait({ state -> UnownedJob?? in
            if let job = state.next() { return .some(job) }
            return state.hasEnded ? .some(nil) : nil
        }) {
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
        state.withLock { $0.thread = nil }
        try outcome.withLock { $0 }?.get()
    }
}
