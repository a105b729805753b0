import PostgreSQLServer
import Synchronization

/// The PostgreSQL of one site of a run, which faults kill and start again.
final class FaultDatabase: Sendable {
    let address: String
    private let server: PostgreSQLServer
    private let name: String
    /// One fault at a time: it is down, or it is recovering.
    private let busy = Mutex(false)

    init() throws {
        server = try PostgreSQLServer()
        address = try server.makeDatabase()
        name = PostgreSQLServer.name(of: address)
    }

    /// Kills a process that serves the site.
    /// - Returns: whether there was one.
    func killBackend() -> Bool { server.killBackend(of: name) }

    /// Kills the server, and starts it again after `pause`.
    /// - Returns: whether this call did so: it may be down already.
    func kill(_ pause: () -> Void) throws -> Bool {
        let isMine = busy.withLock { busy in
            defer { busy = true }
            return !busy
        }
        guard isMine else { return false }
        defer { busy.withLock { $0 = false } }
        let isKilled = try server.killPostmaster()
        pause()
        try start()
        return isKilled
    }

    /// Starts it unless it runs.
    func start() throws {
        if server.postmaster == nil { try server.start() }
    }

    func end() { server.end() }
}
