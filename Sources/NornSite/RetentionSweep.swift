import Foundation
import Logging
import NornFlow
import NornStore

/// Gives up what is older than the settings keep: at start, and from time to time. Each sweep does a bounded piece, so
/// that the site answers meanwhile; the next comes soon when something is left.
actor RetentionSweep {
    static let jobsInSweep = 200
    static let jobsInPage = 500
    static let eventsLookedAt = 50_000
    static let securityRowsInSweep = 5_000
    static let soonMilliseconds: Int64 = 5_000
    private static let dayMilliseconds: Int64 = 86_400_000

    struct Outcome: Equatable, Sendable {
        var jobs = 0
        var events = 0
        var refusals = 0
        /// There is more to do at once.
        var isCut = false

        var isEmpty: Bool { jobs + events + refusals == 0 }
    }

    private let store: any Store
    private let cleaning: JobCleaning
    private let settings: SiteSettings.Retention
    private let isLocal: @Sendable (String) -> Bool
    private let logger: Logger
    /// Events up to here were looked at; those that stayed are of jobs that live, and are met again by the next round.
    private var eventsSweptTo: Int64 = 0

    /// - Parameter isLocal: whether an initiator, as `role:party`, is of this site.
    init(
        store: any Store, cleaning: JobCleaning, settings: SiteSettings.Retention,
        isLocal: @escaping @Sendable (String) -> Bool, logger: Logger
    ) {
        self.store = store
        self.cleaning = cleaning
        self.settings = settings
        self.isLocal = isLocal
        self.logger = logger
    }

    /// Sweeps until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            var pause = Int64(settings.sweepMinutes) * 60_000
            do {
                let outcome = try await sweep(now: Clocks.wallMilliseconds())
                if outcome.isCut { pause = Self.soonMilliseconds }
                if !outcome.isEmpty {
                    logger.info(
                        "swept",
                        metadata: [
                            "jobs": "\(outcome.jobs)", "events": "\(outcome.events)", "refusals": "\(outcome.refusals)",
                        ])
                }
            } catch {
                logger.error("a sweep was cut short", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .milliseconds(pause))
        }
    }

    /// One bounded piece, at this wall time.
    func sweep(now: Int64) async throws -> Outcome {
        var outcome = Outcome()
        try await sweepJobs(now, &outcome)
        try await sweepEvents(now, &outcome)
        if settings.securityDays > 0 {
            outcome.refusals = try await store.removeSecurity(
                before: now - Int64(settings.securityDays) * Self.dayMilliseconds, limit: Self.securityRowsInSweep)
        }
        return outcome
    }

    private func sweepJobs(_ now: Int64, _ outcome: inout Outcome) async throws {
        let days = [settings.jobDays, settings.settledMemberDays].filter { $0 > 0 }
        guard let shortest = days.min() else { return }
        let before = now - Int64(shortest) * Self.dayMilliseconds
        var old: [JobID] = []
        var offset = 0
        while old.count < Self.jobsInSweep {
            let page = try await store.endedJobs(before: before, limit: Self.jobsInPage, offset: offset)
            old += page.filter { isOld($0, now) }.map(\.job)
            offset += page.count
            if page.count < Self.jobsInPage { break }
        }
        outcome.isCut = old.count > Self.jobsInSweep
        outcome.jobs = try await cleaning.cleanAll(Array(old.prefix(Self.jobsInSweep)))
        // Those that may not go yet are no reason to come back soon.
        if outcome.jobs == 0 { outcome.isCut = false }
    }

    private func isOld(_ job: JobRecord, _ now: Int64) -> Bool {
        let days = isLocal(job.initiator) ? settings.jobDays : settings.settledMemberDays
        guard days > 0, let ended = job.ended else { return false }
        return ended < now - Int64(days) * Self.dayMilliseconds
    }

    private func sweepEvents(_ now: Int64, _ outcome: inout Outcome) async throws {
        guard settings.eventDays > 0 else { return }
        let removal = try await store.removeEvents(
            before: now - Int64(settings.eventDays) * Self.dayMilliseconds, after: eventsSweptTo,
            limit: Self.eventsLookedAt, sparing: await cleaning.driver.livingJobs)
        outcome.events = removal.removed
        outcome.isCut = outcome.isCut || removal.next != nil
        eventsSweptTo = removal.next ?? 0
    }
}
