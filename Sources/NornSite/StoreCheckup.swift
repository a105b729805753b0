import Foundation
import NornStore

/// What `norn doctor` finds of the store and its backups. It changes nothing, and may look while a server runs.
struct StoreCheckup {
    static let backupDaysLongest: Int64 = 7
    private static let dayMilliseconds: Int64 = 86_400_000

    let home: SiteHome
    let settings: SiteSettings
    var now = Clocks.wallMilliseconds()

    func examine() -> [Doctor.Finding] {
        // A database is asked, which takes longer; see `Doctor.sharedStore`.
        guard settings.store.url.isEmpty else { return [] }
        guard FileManager.default.fileExists(atPath: home.database.path) else {
            return [
                Doctor.Finding(
                    subject: "store", state: .good, text: "none yet; the first norn serve makes it", remedy: nil)
            ]
        }
        do {
            let found = try SQLiteStore.examine(path: home.database.path)
            return [store(found), schema(found), backup(found.values)]
        } catch {
            return [
                Doctor.Finding(
                    subject: "store", state: .bad, text: "\(home.database.path) cannot be read",
                    remedy: "Check its owner and disk; norn site restore makes a home from a backup")
            ]
        }
    }

    private func store(_ found: StoreExamination) -> Doctor.Finding {
        Doctor.Finding(
            subject: "store", state: .good, text: "\(home.database.path), \(found.bytes >> 20) MiB", remedy: nil)
    }

    private func schema(_ found: StoreExamination) -> Doctor.Finding {
        guard !found.isLater else {
            return Doctor.Finding(
                subject: "schema", state: .bad,
                text: "the store has schema \(found.schema), this release knows \(found.knownSchema)",
                remedy: "Start the release that wrote it")
        }
        let isOlder = found.schema < found.knownSchema
        return Doctor.Finding(
            subject: "schema", state: .good,
            text: "\(found.schema)" + (isOlder ? ", the next start makes it \(found.knownSchema)" : ""),
            remedy: isOlder ? "Make a backup before: norn site backup" : nil)
    }

    /// How old the last backup is, by the store's named values.
    func backup(_ values: [String: String]) -> Doctor.Finding {
        guard let made = values["backup"].flatMap({ Int64($0) }) else {
            return Doctor.Finding(
                subject: "backup", state: .limited, text: "none was made", remedy: "norn site backup FOLDER makes one")
        }
        let hours = max(0, now - made) / 3_600_000
        let age = hours < 48 ? "\(hours) hours" : "\(hours / 24) days"
        guard now - made <= Self.backupDaysLongest * Self.dayMilliseconds else {
            return Doctor.Finding(
                subject: "backup", state: .limited, text: "the last is \(age) old",
                remedy: "norn site backup FOLDER makes one")
        }
        return Doctor.Finding(subject: "backup", state: .good, text: "the last is \(age) old", remedy: nil)
    }
}
