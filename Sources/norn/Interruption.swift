import UnixSignals

/// Ctrl-C and SIGTERM as the cancellation of a piece of work, so that what it started can be ended in order.
enum Interruption {
    static func throwing(_ work: @escaping @Sendable () async throws -> String) async throws -> String {
        let signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm])
        return try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask(operation: work)
            group.addTask {
                for await _ in signals { throw CancellationError() }
                return ""
            }
            defer { group.cancelAll() }
            return try await group.next() ?? ""
        }
    }
}
