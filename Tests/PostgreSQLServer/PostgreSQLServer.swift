import Foundation
import Glibc
import Synchronization

/// A real PostgreSQL in a temporary folder, reached by a socket in it. It runs as a user without root rights, and ends
/// with the process that made it, however that ends.
public final class PostgreSQLServer: Sendable {
    static let port = 5432
    /// The role that owns its databases.
    static let user = "norn"
    /// Commits are written but not synced: the data outlives a crash of the server, not one of the machine.
    static let options = [
        "fsync=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=200",
        "listen_addresses=''", "autovacuum=on", "wal_level=minimal", "max_wal_senders=0",
    ]

    public let folder: URL
    private let programs: PostgreSQLPrograms
    private let databases = Atomic<Int>(0)

    private var data: String { folder.appending(path: "data").path }

    /// Makes and starts one.
    public init() throws {
        programs = try PostgreSQLPrograms()
        folder = FileManager.default.temporaryDirectory.appending(path: "norn-pg-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try programs.own(folder)
        try startGuard()
        try programs.run(
            "initdb", ["-D", data, "-U", Self.user, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-N"],
            in: folder)
        let settings = Self.options + ["unix_socket_directories='\(folder.path)'", "port=\(Self.port)"]
        let file = folder.appending(path: "data/postgresql.auto.conf")
        try settings.joined(separator: "\n").appending("\n").write(to: file, atomically: false, encoding: .utf8)
        try start()
    }

    /// One for all tests of a process.
    public static func common() throws -> PostgreSQLServer { try made.get() }
    private static let made = Result { try PostgreSQLServer() }

    /// Starts it, again after `stop`.
    public func start() throws {
        try programs.run(
            "pg_ctl", ["-D", data, "-w", "-t", "60", "-l", folder.appending(path: "log").path, "start"], in: folder)
    }

    public enum StopMode: String, Sendable {
        /// As a crash: nothing is finished.
        case immediate
        case fast
    }

    public func stop(_ mode: StopMode) throws {
        try programs.run("pg_ctl", ["-D", data, "-w", "-m", mode.rawValue, "stop"], in: folder)
    }

    /// Makes an empty database, and gives its address.
    public func makeDatabase() throws -> String {
        let name = "norn_\(databases.add(1, ordering: .relaxed).newValue)"
        try query("CREATE DATABASE \(name)", database: "postgres")
        return address(of: name)
    }

    public func address(of database: String) -> String {
        let host = folder.path.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return "postgresql://\(Self.user)@\(host):\(Self.port)/\(database)"
    }

    /// The name of the database of an address that `makeDatabase` gave.
    public static func name(of address: String) -> String { String(address.split(separator: "/").last ?? "") }

    /// Runs a statement and gives its answer, a line for each row with `|` between columns.
    @discardableResult
    public func query(_ statement: String, database: String) throws -> String {
        try programs.run(
            "psql",
            [
                "-h", folder.path, "-p", "\(Self.port)", "-U", Self.user, "-d", database, "-XAtq", "-v",
                "ON_ERROR_STOP=1", "-c", statement,
            ], in: folder)
    }

    /// Stops it and removes the folder; the guard does the same when nobody else did.
    public func end() {
        try? stop(.immediate)
        try? FileManager.default.removeItem(at: folder)
    }

    /// A shell that waits until this process has gone: then the other end of its input is closed.
    private func startGuard() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw PostgreSQLMissing(description: "there is no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // The end that stays is never closed: the system does it.
        let stop = programs.command("pg_ctl", ["-D", data, "-m", "immediate", "stop"])
        _ = try PostgreSQLPrograms.spawn(
            ["/bin/sh", "-c", "cat; \"$@\"; rm -rf \"$0\"", folder.path] + stop, input: ends[0], output: "/dev/null",
            in: URL(filePath: "/"))
    }
}
