import Foundation
import Logging
import NornFlow
import NornStore

/// The first start after a restore. What lived at the time of the backup went on without the backup: partners have
/// run attempts that this site knows nothing of, and its own outputs of that time are gone. So those jobs end, with the
/// reason, everywhere. Jobs that only partners know end there: see `UnknownJob`. Of jobs that had ended, which may have
/// run again since, their coordinators are told that this site knows no more, and say how they stand.
enum RestoredSite {
    /// The value that says when the backup was made, until its jobs have ended.
    static let mark = "restored"

    static func endWhatLived(_ store: any Store, _ driver: HeartDriver, _ logger: Logger) async throws {
        guard let text = try await store.value(mark), let made = Int64(text) else { return }
        let time = Date(timeIntervalSince1970: Double(made) / 1000).formatted(.iso8601)
        let person = "the restore of the backup of \(time)"
        for job in await driver.coordinatedJobs {
            try await driver.step(.coordinator(job, .stop(by: person)))
        }
        for key in await driver.liveMemberKeys { try await driver.step(.member(key, .stop(by: person))) }
        try await driver.tellOfSettledMembers()
        try await store.setValue(mark, "")
        logger.notice("a restored site begins", metadata: ["backup": "\(time)"])
    }
}
