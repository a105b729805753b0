import Foundation
import NornStore

/// Brings the rows of a restored home into the database that its settings name.
struct SharedStoreRestore {
    let settings: SiteSettings.Store
    let home: SiteHome

    init(_ settings: SiteSettings.Store, _ home: SiteHome) {
        self.settings = settings
        self.home = home
    }

    /// - Returns: the number of starts from which the site counts on.
    func run(epoch: Int) async throws -> Int {
        let file = home.database
        let values = try SQLiteStore.examine(path: file.path).values
        let origin = StoreOpening.origin(of: values)
        do {
            let options = try PostgreSQLOptions(url: settings.url, passwordFile: settings.passwordFile)
            let counted = try await PostgreSQLStore.load(options, from: file.path, epoch: epoch) {
                StoreOpening.origin(of: $0) == origin
            }
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + suffix) }
            return counted
        } catch let error as StoreError {
            throw StoreOpening.refusal(error)
        } catch let refusal as RestoreRefusal {
            throw Self.error(refusal)
        }
    }

    private static func error(_ refusal: RestoreRefusal) -> SiteError {
        switch refusal {
        case .inUse:
            SiteError(
                "store_in_use", "A scheduler is active on the database", field: "store.url",
                hint: "Stop every norn serve of the site; one that was killed counts until its lease ends, some seconds"
            )
        case .ofAnotherSite:
            SiteError(
                "store_of_another_site", "The database holds the rows of another site", field: "store.url",
                hint: "Make an empty database and name it in a settings file: norn site restore --settings")
        case .unknownTable(let name):
            SiteError(
                "backup_of_later_release", "The database has no place for \(name) of the backup", field: "store.url",
                hint: "Restore it with the release that made it")
        }
    }
}
