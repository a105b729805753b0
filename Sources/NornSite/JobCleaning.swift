import Foundation
import NornFlow
import NornStore

/// Removes everything of an ended job at this site: rows, events, metrics, tables, models, logs. Tables that have a
/// name stay, and what other jobs took over. Doing it twice, or again after a crash in between, does no harm.
struct JobCleaning: Sendable {
    let store: any Store
    let home: SiteHome
    let driver: HeartDriver

    /// Refuses a job that lives, one whose end a party has not confirmed, and one that a living job inherits from or
    /// waits for.
    func clean(_ job: JobID) async throws {
        guard try await !driver.isLiving(job) else {
            throw SiteError("job_lives", "The job \(job) has not ended", hint: "Stop it first: norn job stop \(job)")
        }
        if let party = try await driver.unconfirmed(job).first {
            throw SiteError(
                "job_unconfirmed", "\(party.text) has not confirmed the end of the job \(job)", party: party.text,
                hint: "It is told as soon as it answers; a clean-up by age does not wait for that")
        }
        guard await !driver.neededJobs.contains(job) else {
            throw SiteError(
                "job_needed", "A job that lives inherits from the job \(job) or waits for it",
                hint: "Clean it up when that one has ended")
        }
        try await remove([job])
    }

    /// Cleans those up that may go, and answers how many did. They are old: a party that has not confirmed the end of
    /// one by now is not waited for, and told of it when it asks.
    func cleanAll(_ jobs: [JobID]) async throws -> Int {
        let needed = await driver.neededJobs
        var gone: [JobID] = []
        for job in jobs where !needed.contains(job) {
            if try await !driver.isLiving(job) { gone.append(job) }
        }
        try await remove(gone)
        return gone.count
    }

    /// Rows first, in one step for each job, then what nothing points to any more: a crash in between leaves files that
    /// the next start sweeps, never a row whose files are gone.
    private func remove(_ jobs: [JobID]) async throws {
        guard !jobs.isEmpty else { return }
        var paths: Set<String> = []
        for job in jobs {
            paths.formUnion(try await store.artifacts(job: job).map(\.path))
            try await store.removeJob(job)
            await driver.forget(job)
            driver.feed.changed([job])
        }
        let known = try await store.sealedPaths()
        for path in paths.subtracting(known) where isOfHome(path) {
            try? FileManager.default.removeItem(atPath: path)
        }
        for job in jobs where isFolderName(job) {
            try? FileManager.default.removeItem(at: home.jobs.appending(path: job))
        }
    }

    private func isOfHome(_ path: String) -> Bool {
        let url = URL(filePath: path).standardizedFileURL
        return [home.tables, home.models, home.uploads].contains { url.path.hasPrefix($0.path + "/") }
    }

    /// A partner's job id names a folder here; it never leads out of it.
    private func isFolderName(_ job: JobID) -> Bool { !job.isEmpty && !job.contains("/") && !job.hasPrefix(".") }
}

extension Site {
    /// What cleans up after ended jobs of this site.
    var cleaning: JobCleaning { JobCleaning(store: store, home: home, driver: driver) }
}
