import Foundation

/// One row of the database holds the lease.
extension PostgreSQLStore {
    /// The lease as it stands. It runs on after the database's own start as long as it is held: while the database was
    /// away its holder could not renew it, and no other scheduler could do anything either.
    private static let standing = """
        SELECT fence, holder, address,
            clock_timestamp() > GREATEST(expires, pg_postmaster_start_time() + make_interval(secs => $1::float8 / 1000))
                AS ended
        FROM lease
        """

    public func takeLease(_ claim: LeaseClaim) async throws -> SchedulerLease? {
        let taken = try await leases.run { session in
            try session.perform { connection in
                try connection.transaction { connection in try Self.take(claim, connection) }
            }
        }
        right.set(taken.map { .holding(fence: $0.fence) } ?? .reading)
        return taken
    }

    /// The row's lock waits for the writes that still have the right, and lets none in after them.
    private static func take(_ claim: LeaseClaim, _ connection: PostgreSQLConnection) throws -> SchedulerLease? {
        guard let now = try lease(connection, Self.standing + " FOR UPDATE", claim.milliseconds) else { return nil }
        // Taken before, by a transaction whose outcome did not arrive.
        if now.holder == claim.holder { return now }
        guard now.hasEnded || now.holder.isEmpty || claim.holderIsDead else { return nil }
        let epoch = try connection.rows("SELECT value FROM value WHERE name = 'epoch'").first?.text("value")
        let fence = max(now.fence, epoch.flatMap { Int($0) } ?? 0) + 1
        try connection.change(
            """
            UPDATE lease SET fence = $1, holder = $2, address = '',
                expires = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
            """, [fence, claim.holder, claim.milliseconds])
        try setValue("epoch", String(fence), connection)
        return SchedulerLease(fence: fence, holder: claim.holder, address: "", hasEnded: false)
    }

    private static func lease(
        _ connection: PostgreSQLConnection, _ statement: String, _ milliseconds: Int
    ) throws -> SchedulerLease? {
        guard let row = try connection.rows(statement, [milliseconds]).first else { return nil }
        return SchedulerLease(
            fence: Int(try row.integer("fence")), holder: try row.text("holder"), address: try row.text("address"),
            hasEnded: try row.boolean("ended"))
    }

    public func standBy() { right.set(.reading) }

    public func renewLease(milliseconds: Int, address: String) async throws {
        guard let fence = try right.fence() else { return }
        let right = right
        try await leases.run { session in
            try session.perform { connection in
                let changed = try connection.change(
                    """
                    UPDATE lease SET address = $2,
                        expires = clock_timestamp() + make_interval(secs => $3::float8 / 1000) WHERE fence = $1
                    """, [fence, address, milliseconds])
                guard changed == 1 else { throw right.lose() }
            }
        }
    }

    public func releaseLease() async throws {
        guard let fence = try right.fence() else { return }
        try await leases.run { session in
            _ = try session.performOnce { connection in
                try connection.change(
                    "UPDATE lease SET holder = '', address = '', expires = '-infinity' WHERE fence = $1", [fence])
            }
        }
    }

    public func lease() async throws -> SchedulerLease? {
        let lease = try await leases.run { session in
            try session.perform { try Self.lease($0, Self.standing, 0) }
        }
        return lease.flatMap { $0.fence == 0 ? nil : $0 }
    }

    public func onLeaseLost(_ notify: @escaping @Sendable () -> Void) { right.onLoss(notify) }

    public func changes() -> AsyncStream<Void> { listener().stream() }
}
