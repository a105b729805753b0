import NornSite
import Synchronization

/// Nobody who asks is left waiting for a database that went away meanwhile: the request is answered, and what it began
/// goes on by itself when the database is back, or ends with the site. An embedded store is never away.
struct StorePatience: Sendable {
    /// How long a request waits for a database that does not answer.
    static let patience = Duration.seconds(2)
    static let lookInterval = Duration.milliseconds(250)

    let scheduler: Scheduler

    /// What `body` returns or throws, or `store_unreachable` while the database stays away.
    func value<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        guard scheduler.hasSharedStore else { return try await body() }
        let answer = FirstAnswer<Value>()
        // Of its own, not of a group: it may wait for the database long after the caller has its answer.
        let work = Task {
            do {
                answer.give(.success(try await body()))
            } catch {
                answer.give(.failure(error))
            }
        }
        let watch = Task { await self.watch(answer) }
        defer { watch.cancel() }
        return try await withTaskCancellationHandler {
            try await answer.value
        } onCancel: {
            work.cancel()
        }
    }

    private func watch<Value: Sendable>(_ answer: FirstAnswer<Value>) async {
        var awaySince: ContinuousClock.Instant?
        while (try? await Task.sleep(for: Self.lookInterval)) != nil {
            guard let trouble = scheduler.storeTrouble else {
                awaySince = nil
                continue
            }
            let since = awaySince ?? .now
            awaySince = since
            guard ContinuousClock.now - since >= Self.patience else { continue }
            answer.give(.failure(SiteError.storeUnreachable(trouble, while: true)))
            return
        }
    }
}

/// What the caller is told: the first answer that there is.
private final class FirstAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value, any Error>)
        case given(Result<Value, any Error>)
    }

    private let state = Mutex<State>(.open)

    var value: Value {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let given: Result<Value, any Error>? = state.withLock { state in
                    if case .given(let answer) = state { return answer }
                    state = .awaited(continuation)
                    return nil
                }
                if let given { continuation.resume(with: given) }
            }
        }
    }

    func give(_ answer: Result<Value, any Error>) {
        let waiting: CheckedContinuation<Value, any Error>? = state.withLock { state in
            switch state {
            case .open:
                state = .given(answer)
                return nil
            case .awaited(let continuation):
                state = .given(answer)
                return continuation
            case .given:
                return nil
            }
        }
        waiting?.resume(with: answer)
    }
}

extension SiteError {
    /// - Parameter isUnderWay: the request had begun when the database went away.
    static func storeUnreachable(_ trouble: String, while isUnderWay: Bool) -> SiteError {
        let why = String(trouble.prefix(200))
        return SiteError(
            "store_unreachable", "The site's database does not answer",
            hint: isUnderWay ? "\(why); what the request asked for may still be done when it is back: look first" : why)
    }
}
