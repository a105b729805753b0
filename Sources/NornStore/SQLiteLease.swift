import Foundation
import GRDB

/// The embedded store has one scheduler at a time: the home's lock sees to that. So its lease is always free; only the
/// fence is as real as with the shared one.
extension SQLiteStore {
    public func takeLease(_ claim: LeaseClaim) async throws -> SchedulerLease? {
        let fence = try await database.write { database in
            let fence = (try Self.epoch(database) ?? 0) + 1
            try database.execute(
                sql: "INSERT INTO value (name, value) VALUES ('epoch', ?) ON CONFLICT (name) DO UPDATE SET value = ?",
                arguments: [String(fence), String(fence)])
            return fence
        }
        right.set(.holding(fence: fence))
        return SchedulerLease(fence: fence, holder: claim.holder, address: "", hasEnded: false)
    }

    private static func epoch(_ database: Database) throws -> Int? {
        try database.cachedStatement(sql: "SELECT value FROM value WHERE name = 'epoch'").fetchEpoch()
    }

    /// Runs in the commit's own transaction.
    static func checkFence(_ right: WriteRight, _ database: Database) throws {
        guard let fence = try right.fence() else { return }
        guard try epoch(database) == fence else { throw right.lose() }
    }

    public func standBy() { right.set(.reading) }

    public func renewLease(milliseconds: Int, address: String) async throws {
        guard let fence = try right.fence() else { return }
        guard try await database.read({ try Self.epoch($0) }) == fence else { throw right.lose() }
    }

    public func releaseLease() async throws {}

    public func lease() async throws -> SchedulerLease? {
        try await database.read { try Self.epoch($0) }.map {
            SchedulerLease(fence: $0, holder: "", address: "", hasEnded: true)
        }
    }

    public func onLeaseLost(_ notify: @escaping @Sendable () -> Void) { right.onLoss(notify) }

    public func changes() -> AsyncStream<Void> { AsyncStream { $0.finish() } }

    public var trouble: String? { nil }

    public func close() {}
}

extension Statement {
    fileprivate func fetchEpoch() throws -> Int? { try String.fetchOne(self).flatMap { Int($0) } }
}
