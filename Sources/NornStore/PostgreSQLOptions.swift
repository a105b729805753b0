import CPostgreSQL
import Foundation

/// How the database is reached: libpq's own parameters, from a `postgresql://` address. A password is no part of the
/// address: it comes from a file, or from libpq's own (`PGPASSFILE`, `~/.pgpass`).
public struct PostgreSQLOptions: Sendable {
    static let connectSeconds = 5
    /// Longer than any statement of the store takes on a database that works.
    static let statementSeconds = 30
    /// A scheduler that was paused inside a transaction loses it, so that nobody waits for its locks.
    static let idleInTransactionSeconds = 5
    /// A host that went without a word is noticed after about half a minute.
    static let keepalives = ["keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "4"]

    let parameters: [String: String]

    /// - Parameter passwordFile: its first line is the password; empty for none.
    public init(url: String, passwordFile: String = "") throws {
        var parameters = try Self.parse(url)
        guard parameters["password"] == nil else {
            throw StoreError.addressRefused("the address of the store holds a password; put it into a file")
        }
        if !passwordFile.isEmpty { parameters["password"] = try Self.password(passwordFile) }
        parameters["connect_timeout"] = parameters["connect_timeout"] ?? "\(Self.connectSeconds)"
        parameters["application_name"] = parameters["application_name"] ?? "norn"
        parameters["client_encoding"] = "UTF8"
        for (name, value) in Self.keepalives { parameters[name] = parameters[name] ?? value }
        self.parameters = parameters
    }

    /// Whether a setting names a PostgreSQL database.
    public static func isAddress(_ url: String) -> Bool {
        url.hasPrefix("postgresql://") || url.hasPrefix("postgres://")
    }

    private static func parse(_ url: String) throws -> [String: String] {
        guard isAddress(url) else {
            throw StoreError.addressRefused("the address of the store begins with postgresql://")
        }
        var why: UnsafeMutablePointer<CChar>?
        guard let found = PQconninfoParse(url, &why) else {
            PQfreemem(why)
            // libpq's own words would quote the address.
            throw StoreError.addressRefused("the address of the store is none that PostgreSQL understands")
        }
        defer { PQconninfoFree(found) }
        var parameters: [String: String] = [:]
        var option = found
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parameters[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return parameters
    }

    private static func password(_ file: String) throws -> String {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8),
            let line = text.split(whereSeparator: \.isNewline).first
        else { throw StoreError.addressRefused("the file of the store's password cannot be read, or is empty") }
        return String(line)
    }

    /// What every connection is told first.
    var sessionStatements: [String] {
        [
            """
            SET statement_timeout = '\(Self.statementSeconds)s';
            SET idle_in_transaction_session_timeout = '\(Self.idleInTransactionSeconds)s';
            SET default_transaction_isolation = 'read committed'; SET client_min_messages = warning
            """,
            // What the heart committed and acted on must be there after a crash, whatever the server's own setting is.
            """
            SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
            """,
        ]
    }

    /// libpq's reason as one line, without the password should it quote it.
    func withoutSecrets(_ text: String) -> String {
        var line = text.split(whereSeparator: \.isNewline).joined(separator: "; ")
        if let password = parameters["password"], !password.isEmpty {
            line = line.replacingOccurrences(of: password, with: "…")
        }
        return String(line.prefix(300))
    }
}
