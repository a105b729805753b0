import Foundation
import Logging
import NornFederation
import NornFlow
import NornManifest
import NornRegistry
import NornStore
import NornWorkers
import ServiceLifecycle
import Synchronization

/// Makes a site from what its process has.
enum SiteOpening {
    /// The site of the active scheduler: what lived is loaded, and told that the site came up again.
    static func activeSite(_ foundation: SiteFoundation, _ turn: SchedulerTurn) async throws -> OpenedSite {
        let name = try await siteName(foundation.store)
        try await StartSweep(store: foundation.store, home: foundation.home, logger: foundation.logger).run()
        try await PluginAudit(store: foundation.store).note(foundation.shelf)
        let links = try links(foundation, epoch: turn.lease.fence)
        let (parts, capacity) = try parts(foundation, links, turn, name: name, epoch: turn.lease.fence)
        try await parts.rules.quarantine.load()
        try await parts.driver.recover(
            capacity: capacity, policy: LedgerPolicy(foundation.settings.scheduling))
        await followEngines(foundation, parts.driver, capacity)
        try await RestoredSite.endWhatLived(foundation.store, parts.driver, foundation.logger)
        let site = Site(parts)
        let services = links.services(
            foundation.settings.federation, inbox: HeartInbox(driver: parts.driver, notice: foundation.notice),
            notice: foundation.notice)
        return OpenedSite(site: site, services: services + [SiteWork(site: site)])
    }

    /// An engine that is installed while the site serves gets the site's resources to lend, as the others have.
    private static func followEngines(
        _ foundation: SiteFoundation, _ driver: HeartDriver, _ capacity: [String: Resources]
    ) async {
        let (shelf, lent) = (foundation.shelf, MachineResources.lent(foundation.settings.resources))
        let policy = LedgerPolicy(foundation.settings.scheduling)
        let known = Mutex(capacity)
        await foundation.plugins.onChange {
            let more = known.withLock { known -> [String: Resources]? in
                let fresh = shelf.engines.keys.filter { known[$0] == nil }
                for engine in fresh { known[engine] = lent }
                return fresh.isEmpty ? nil : known
            }
            if let more { driver.put(.ledger(.configured(more, policy))) }
        }
    }

    /// The site of a scheduler that stands by: its heart is empty and nothing of it runs; what is asked of it comes
    /// from the store.
    static func standbySite(_ foundation: SiteFoundation) async throws -> Site {
        let links = try links(foundation, epoch: 0)
        return Site(try parts(foundation, links, nil, name: "", epoch: 0).parts)
    }

    private static func links(_ foundation: SiteFoundation, epoch: Int) throws -> SiteLinks {
        try SiteLinks(
            home: foundation.home, settings: foundation.settings, epoch: epoch, logger: foundation.logger,
            notice: foundation.notice)
    }

    /// What other sites know this one by; made once.
    private static func siteName(_ store: any Store) async throws -> String {
        if let name = try await store.value("site") { return name }
        let name = FreshID.hexadecimal(bytes: 8)
        try await store.setValue("site", name)
        return name
    }

    private static func parts(
        _ foundation: SiteFoundation, _ links: SiteLinks, _ turn: SchedulerTurn?, name: String, epoch: Int
    ) throws -> (parts: SiteParts, capacity: [String: Resources]) {
        let (home, settings, store) = (foundation.home, foundation.settings, foundation.store)
        let (workers, shelf, feed, logger) = (foundation.workers, foundation.shelf, foundation.feed, foundation.logger)
        let board = ProgressBoard()
        let writer = TrackingWriter(store: store, feed: feed)
        let capacity = MachineResources.lent(settings.resources)
        let quarantine = Quarantine(settings: settings.quarantine, store: store)
        let rules = JobRules(
            store: store, shelf: shelf, settings: settings, capacity: capacity, quarantine: quarantine,
            models: ModelRules(registry: ModelRegistry(store: store, home: home)),
            peerName: { links.peerName(of: $0) }
        ) { links.isLocal($0) }
        let trusted = TrustedSubmissions(store: store) { links.isLocal($0) }
        let planner = AttemptPlanner(
            store: store, shelf: shelf, home: home, settings: settings,
            readings: TableReadings(store: store, rules: rules, trusted: trusted),
            scratch: ScratchFolders(home: home))
        let runner = AttemptRunner(
            planner: planner, store: store, workers: workers, writer: writer, board: board, feed: feed,
            settings: settings, logger: logger, mailboxes: links.mailboxes, quarantine: quarantine)
        let checks = PartyChecks(rules: rules, trusted: trusted, logger: logger)
        let keeping = ModelKeeping(rules: rules.models, logger: logger)
        let inheritance = InheritanceLookUp(rules: InheritanceRules(store: store)) { links.isLocal($0) }
        let driver = HeartDriver(
            store: store, feed: feed, logger: logger, site: name, fence: UInt64(epoch),
            timing: settings.scheduling.timing,
            outside: HeartDriver.Outside(
                isLocal: { links.isLocal($0) }, peerName: { links.peerName(of: $0) }, send: { links.send($0) },
                check: { await checks.verdict($0, $1) },
                start: { runner.start($0) }, cancel: { runner.cancel($0, because: $1) },
                cleanUp: { key in Task { await links.mailboxes.forget(job: key.job) } },
                inherit: { job, _ in inheritance.start(job) },
                models: { try await keeping.versions($0) }))
        runner.report(to: driver)
        inheritance.report(to: driver)
        let capacities = Dictionary(shelf.engines.keys.map { ($0, capacity) }, uniquingKeysWith: { first, _ in first })
        let parts = SiteParts(
            home: home, settings: settings, store: store, feed: feed, driver: driver, runner: runner,
            workers: workers, writer: writer, board: board, plugins: foundation.plugins, shelf: shelf, links: links,
            rules: rules,
            trusted: trusted, logger: logger, epoch: epoch, turn: turn,
            disk: DiskMark(folder: home.root.path, settings: settings.disk))
        return (parts, capacities)
    }
}

/// A site that is ready, and what has to run while it serves.
struct OpenedSite: Sendable {
    let site: Site
    let services: [any Service]
}

/// The heart's queue and the orphans of workers; at the end the site drains.
struct SiteWork: Service {
    let site: Site

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await site.driver.run() }
            group.addTask { await site.workers.reapOrphans() }
            group.addTask { await site.retentionSweep.run() }
            group.addTask { await WorkerLeases(driver: site.driver, runner: site.runner).run() }
            group.addTask {
                await DropFolder(folder: site.home.drop, plugins: site.plugins, logger: site.logger).run()
            }
            group.addTask {
                await site.disk.watch { site.driver.put(.ledger(.admission(open: $0, why: $1))) }
            }
            try? await gracefulShutdown()
            await site.drain()
            group.cancelAll()
        }
    }
}

/// Checks the rules of a party for the heart.
struct PartyChecks: Sendable {
    let rules: JobRules
    let trusted: TrustedSubmissions
    let logger: Logger

    func verdict(_ key: MemberKey, _ job: Job) async -> Member.Verdict {
        do {
            let isTrusted = try await trusted.covers(key.party.id, job)
            return try await rules.check(
                key.party, job, trusted: isTrusted, isOfSite: try await trusted.isOfSite(job))
        } catch {
            logger.error("a job was not checked", metadata: ["job": "\(key)", "error": "\(error)"])
            return .refused(
                Failure(
                    .refused, "the site could not check the job", party: key.party, advice: "Its log says why"))
        }
    }
}
