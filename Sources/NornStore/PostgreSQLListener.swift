import Foundation
import Glibc

/// Hears that other processes committed, on a connection and a thread of its own. It carries no events: who follows the
/// log reads it, so that none is lost when the connection breaks.
struct PostgreSQLListener: Sendable {
    static let channel = "norn_changes"
    /// How long the thread may take to see that nobody listens any more.
    static let pollMilliseconds: Int32 = 500

    private let options: PostgreSQLOptions
    private let health: PostgreSQLHealth

    init(_ options: PostgreSQLOptions, health: PostgreSQLHealth) {
        self.options = options
        self.health = health
    }

    func stream() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let thread = Thread { [self] in
            serve(continuation)
            continuation.finish()
        }
        thread.name = "norn-pg-listen"
        thread.start()
        return stream
    }

    private func serve(_ continuation: AsyncStream<Void>.Continuation) {
        let session = PostgreSQLSession(options, health: health)
        // Ends by an error alone: the store was closed.
        try? session.perform { connection in
            try connection.run("LISTEN \(Self.channel)")
            // What happened before, or while the connection was broken, was not heard.
            continuation.yield()
            while !health.isClosed {
                var descriptor = pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)
                guard poll(&descriptor, 1, Self.pollMilliseconds) > 0 else { continue }
                guard try connection.takeNotifications() else { continue }
                if case .terminated = continuation.yield() { return }
            }
        }
    }
}
