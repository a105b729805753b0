import NornABI

/// A message that is on its way. Awaited once; dropped when it never is.
public final class Expectation: Sendable {
    /// How long a wait stays in the host before it looks whether its task was cancelled.
    static let sliceMilliseconds: UInt64 = 250

    private let attempt: Attempt
    private let ticket: UInt64
    private let party: Party
    private let isTaken = Locked(false)

    init(attempt: Attempt, name: String, tag: String, party: Party) throws {
        self.attempt = attempt
        self.party = party
        let post = try slot(try attempt.federation().pointee.post, "post")
        var ticket: UInt64 = 0
        try withMessage(name, tag, party) { name, tag, role, id in
            try withHostError { post(attempt.host, name, tag, role, id, &ticket, $0) }
        }
        self.ticket = ticket
    }

    deinit { if !isTaken.withLock({ $0 }) { try? attempt.federation().pointee.drop?(attempt.host, ticket) } }

    public func value<Value: Decodable>(_ type: Value.Type = Value.self) async throws -> Value {
        let bytes = try await bytes()
        do {
            return try CBORDecoder().decode(type, from: bytes)
        } catch let error as ComponentError {
            throw ComponentError.peer(party, "its message is not what the protocol says: \(error)")
        }
    }

    public func bytes() async throws -> [UInt8] {
        try await arrive()
        return try await attempt.blocking { [self] in
            try markTaken()
            let take = try slot(try attempt.federation().pointee.take, "take")
            return try gatherBytes { take(attempt.host, ticket, $0, $1) }
        }
    }

    public func table() async throws -> Table {
        try await arrive()
        return try await attempt.blocking { [self] in
            try markTaken()
            let take = try slot(try attempt.federation().pointee.take_table, "take_table")
            var received: UInt64 = 0
            try withHostError { take(attempt.host, ticket, &received, $0) }
            return Table(schema: nil, handle: try TableHandle(attempt: attempt, table: received))
        }
    }

    private func markTaken() throws {
        try isTaken.withLock { isTaken in
            guard !isTaken else {
                throw ComponentError(.failedPrecondition, "A message of \(party) was taken already.")
            }
            isTaken = true
        }
    }

    /// Waits on a thread for waiting, since this task's siblings need the attempt's own. A cancelled task stops waiting at
    /// once; its thread follows within a slice.
    private func arrive() async throws {
        let outcome = Locked<Outcome>(.waiting(nil))
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isFirst = outcome.withLock { outcome in
                    if case .done = outcome { return false }
                    outcome = .waiting(continuation)
                    return true
                }
                guard isFirst else { return continuation.resume(throwing: CancellationError()) }
                do {
                    try attempt.waitThreads.submit { [self] in
                        let result = Result { try waitInSlices { outcome.withLock { $0.isDone } } }
                        outcome.finish(result)
                    }
                } catch {
                    outcome.finish(.failure(error))
                }
            }
        } onCancel: {
            outcome.finish(.failure(CancellationError()))
        }
    }

    private func waitInSlices(_ isAbandoned: () -> Bool) throws {
        let wait = try slot(try attempt.federation().pointee.wait, "wait")
        var ticket = ticket
        while !isAbandoned() {
            var done: UInt8 = 0
            do {
                try withHostError {
                    wait(attempt.host, &ticket, 1, NORN_WAIT_ALL, Self.sliceMilliseconds, &done, $0)
                }
            } catch let error as ComponentError where error.code == .deadlineExceeded {
                continue
            }
            if done != 0 { return }
            try attempt.checkCancelled()
        }
    }
}

/// How a wait ended, for whoever comes first: the message or the cancellation.
private enum Outcome: Sendable {
    case waiting(CheckedContinuation<Void, any Error>?)
    case done

    var isDone: Bool { if case .done = self { true } else { false } }
}

extension Locked<Outcome> {
    fileprivate func finish(_ result: Result<Void, any Error>) {
        let continuation = withLock { outcome -> CheckedContinuation<Void, any Error>? in
            guard case .waiting(let continuation) = outcome else { return nil }
            outcome = .done
            return continuation
        }
        continuation?.resume(with: result)
    }
}

func withMessage<Result>(
    _ name: String, _ tag: String, _ party: Party,
    _ body: (norn_string, norn_string, norn_string, norn_string) throws -> Result
) rethrows -> Result {
    try name.withNornString { name in
        try tag.withNornString { tag in
            try party.role.rawValue.withNornString { role in
                try party.id.withNornString { id in try body(name, tag, role, id) }
            }
        }
    }
}
