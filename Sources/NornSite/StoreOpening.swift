import Foundation
import Logging
import NornStore

/// Opens the store that the settings name.
enum StoreOpening {
    static func open(_ home: SiteHome, _ settings: SiteSettings, _ logger: Logger) async throws -> any Store {
        guard settings.store.isShared else { return try SQLiteStore(path: home.database.path) }
        do {
            return try await PostgreSQLStore(
                PostgreSQLOptions(url: settings.store.url, passwordFile: settings.store.passwordFile)
            ) { logger.warning("store: \($0)") }
        } catch let error as StoreError {
            throw refusal(error)
        }
    }

    static func refusal(_ error: StoreError) -> SiteError {
        switch error {
        case .addressRefused(let why):
            SiteError(
                "invalid_settings", why, field: "store.url",
                hint: "postgresql://user@host/database, and the password in store.password_file or PGPASSFILE")
        case .laterSchema:
            SiteError("later_schema", error.description, field: "store.url")
        default:
            SiteError(
                "store_unreachable", "The database cannot be used: \(error.description)", field: "store.url",
                hint: "Check that it runs and that its user owns it; norn doctor tries it")
        }
    }

    /// Refuses a shared store whose site lives in another home: schedulers of one site share tables, models and scratch
    /// folders, and know by the home's lock which of them live.
    static func checkHome(_ home: SiteHome, _ store: any Store) async throws {
        guard let known = try await store.value(homeName) else { return }
        guard known == mark(home) else {
            throw SiteError(
                "store_of_another_home", "The database is of a site with another home", field: "store.url",
                hint: "Start it with that home, or move that home's files here, \(home.storeMark.lastPathComponent) too"
            )
        }
    }

    /// The active scheduler marks store and home as each other's.
    static func markHome(_ home: SiteHome, _ store: any Store) async throws {
        try await checkHome(home, store)
        guard try await store.value(homeName) == nil else { return }
        let name = mark(home) ?? FreshID.hexadecimal(bytes: 16)
        try writePrivateFile(Data(name.utf8), to: home.storeMark)
        try await store.setValue(homeName, name)
    }

    /// Marks restored rows as those of a new home: the one that they came from is refused from then on.
    /// - Parameter isShared: without it the rows stay in the home's own file, which needs no mark.
    static func moveHome(to home: SiteHome, _ store: any Store, isShared: Bool) async throws {
        let origin = try await store.value(originName)
        let earlier = try await store.value(homeName)
        guard isShared else { return try await store.removeValue(homeName) }
        let name = FreshID.hexadecimal(bytes: 16)
        try writePrivateFile(Data(name.utf8), to: home.storeMark)
        try await store.setValue(homeName, name)
        try await store.setValue(originName, origin ?? earlier ?? name)
    }

    /// The mark of the first home of the site with these named values; nil for one that never had a shared store.
    static func origin(of values: [String: String]) -> String? { values[originName] ?? values[homeName] }

    private static let homeName = "home"
    /// Of a site that was restored: its first home. It tells whether two stores are of one site.
    private static let originName = "origin"

    private static func mark(_ home: SiteHome) -> String? { try? String(contentsOf: home.storeMark, encoding: .utf8) }
}

extension SiteSettings.Store {
    /// Whether several schedulers may use it.
    public var isShared: Bool { PostgreSQLOptions.isAddress(url) }
}
