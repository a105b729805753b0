import Foundation
import Logging
import NornFlow
import NornStore

/// Cleans the home at start of what a killed run left behind. What is old goes later, by `RetentionSweep`.
struct StartSweep {
    let store: any Store
    let home: SiteHome
    let logger: Logger

    func run() async throws {
        try await endLostAttempts()
        let orphans = try await removeOrphans()
        removeScratch()
        let uploads = removeUploads()
        if orphans + uploads > 0 {
            logger.info(
                "swept at start", metadata: ["orphans": "\(orphans)", "uploads": "\(uploads)"])
        }
    }

    /// No worker outlives its site, so an attempt without an end was lost.
    private func endLostAttempts() async throws {
        let failure = SiteError("site_restarted", "The site was restarted, and its workers ended with it")
        var commit = Commit()
        for var attempt in try await store.liveAttempts() {
            attempt.status = WorkerStatus.lost.rawValue
            attempt.ended = Clocks.wallMilliseconds()
            attempt.failure = try JSONEncoder().encode(failure)
            commit.attempts.append(attempt)
            removeScratch(of: attempt)
        }
        if !commit.isEmpty { try await store.commit(commit) }
    }

    /// Sealed tables and models that no name and no artifact points to.
    private func removeOrphans() async throws -> Int {
        let known = try await store.sealedPaths()
        var count = 0
        for folder in [home.tables, home.models] {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] {
                let url = folder.appending(path: name)
                guard !known.contains(url.path) else { continue }
                try? FileManager.default.removeItem(at: url)
                count += 1
            }
        }
        return count
    }

    /// Folders that a run before kept for its attempts.
    private func removeScratch() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: home.scratch.path)) ?? []
        for name in names { try? FileManager.default.removeItem(at: home.scratch.appending(path: name)) }
    }

    private func removeScratch(of attempt: AttemptRecord) {
        let folder = home.attempt(
            job: attempt.job, role: attempt.role, party: attempt.party, task: attempt.task, attempt: attempt.attempt)
        try? FileManager.default.removeItem(at: folder.appending(path: "scratch"))
    }

    /// An upload or download lives as long as its request.
    private func removeUploads() -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: home.uploads.path)) ?? []
        for name in names { try? FileManager.default.removeItem(at: home.uploads.appending(path: name)) }
        return names.count
    }
}
