import Foundation
import Synchronization

/// Threads with a connection each. Calls of libpq block, so none runs on the threads of Swift's tasks.
final class PostgreSQLPool: Sendable {
    /// What may wait for a connection; more is refused at once.
    static let waitingMaximum = 20_000

    private typealias Work = @Sendable (PostgreSQLSession) -> Void

    private let waiting = Mutex<[Work]>([])
    private let arrived = DispatchSemaphore(value: 0)
    private let health: PostgreSQLHealth
    private let connections: Int

    init(_ options: PostgreSQLOptions, connections: Int, health: PostgreSQLHealth) {
        self.health = health
        self.connections = connections
        for number in 1...connections {
            let thread = Thread { [self] in serve(PostgreSQLSession(options, health: health)) }
            thread.name = "norn-pg-\(number)"
            thread.start()
        }
    }

    private func serve(_ session: PostgreSQLSession) {
        while true {
            arrived.wait()
            let work = waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            // Woken without work: the pool was closed.
            guard let work else { return }
            work(session)
        }
    }

    /// Runs `body` on the thread of a free connection.
    func run<Value: Sendable>(_ body: @escaping @Sendable (PostgreSQLSession) throws -> Value) async throws -> Value {
        guard !health.isClosed else { throw StoreError.closed }
        return try await withCheckedThrowingContinuation { continuation in
            let isTaken = waiting.withLock { waiting in
                guard waiting.count < Self.waitingMaximum else { return false }
                waiting.append { session in continuation.resume(with: Result { try body(session) }) }
                return true
            }
            guard isTaken else { return continuation.resume(throwing: StoreError.busy) }
            arrived.signal()
        }
    }

    /// Lets the threads end once nothing waits any more; what waits for the database is refused.
    func close() {
        for _ in 0..<connections { arrived.signal() }
    }
}
