import Foundation
import Logging
import NornFederation
import NornFlow
import NornManifest
import NornRegistry
import NornStore
import NornWorkers
import ServiceLifecycle

/// Makes a site from its home, installed tree and settings.
public enum SiteOpening {
    public static func open(
        home: SiteHome, tree: InstalledTree, settings: SiteSettings, logger: Logger
    ) async throws -> OpenedSite {
        try home.prepare()
        let lock = try HomeLock(home)
        let store = try SQLiteStore(path: home.database.path)
        let epoch = (Int(try await store.value("epoch") ?? "") ?? 0) + 1
        try await store.setValue("epoch", String(epoch))
        let name = try await siteName(store)
        try await StartSweep(store: store, home: home, logger: logger).run()

        let notice: PeerNoticeSink = { notice in
            logger.warning(
                "\(notice.text)", metadata: ["kind": "\(notice.kind.rawValue)", "caller": "\(notice.caller)"])
            let record = SecurityRecord(
                time: Clocks.wallMilliseconds(), kind: notice.kind.rawValue, caller: notice.caller, text: notice.text)
            Task { try? await store.appendSecurity(record) }
        }
        let workers = Workers(executable: tree.worker.path, logger: logger)
        let shelf = try await PluginShelf.fill(home: home, tree: tree, workers: workers, logger: logger)
        let links = try SiteLinks(home: home, settings: settings, epoch: epoch, logger: logger, notice: notice)
        let parts = try await parts(
            home, settings, store, workers, shelf, links, lock, name: name, epoch: epoch, logger: logger)
        let site = Site(parts)
        let services = links.services(
            settings.federation, inbox: HeartInbox(driver: parts.driver, notice: notice), notice: notice)
        return OpenedSite(site: site, services: services + [SiteWork(site: site)])
    }

    /// What other sites know this one by; made once.
    private static func siteName(_ store: any Store) async throws -> String {
        if let name = try await store.value("site") { return name }
        let name = FreshID.hexadecimal(bytes: 8)
        try await store.setValue("site", name)
        return name
    }

    private static func parts(
        _ home: SiteHome, _ settings: SiteSettings, _ store: any Store, _ workers: Workers, _ shelf: PluginShelf,
        _ links: SiteLinks, _ lock: HomeLock, name: String, epoch: Int, logger: Logger
    ) async throws -> SiteParts {
        let feed = EventFeed()
        let board = ProgressBoard()
        let writer = TrackingWriter(store: store, feed: feed)
        let capacity = MachineResources.lent(settings.resources)
        let rules = JobRules(store: store, shelf: shelf, settings: settings, capacity: capacity)
        let trusted = TrustedSubmissions(store: store) { links.isLocal($0) }
        let planner = AttemptPlanner(
            store: store, shelf: shelf, home: home, settings: settings,
            readings: TableReadings(store: store, rules: rules, trusted: trusted))
        let runner = AttemptRunner(
            planner: planner, store: store, workers: workers, writer: writer, board: board, feed: feed,
            settings: settings, logger: logger, mailboxes: links.mailboxes)
        let checks = PartyChecks(rules: rules, trusted: trusted, logger: logger)
        let inheritance = InheritanceLookUp(rules: InheritanceRules(store: store)) { links.isLocal($0) }
        let driver = HeartDriver(
            store: store, feed: feed, logger: logger, site: name, fence: UInt64(epoch),
            timing: settings.scheduling.timing,
            outside: HeartDriver.Outside(
                isLocal: { links.isLocal($0) }, peerName: { links.peerName(of: $0) }, send: { links.send($0) },
                check: { checks.start($0, $1, contract: $2) },
                start: { runner.start($0) }, cancel: { runner.cancel($0, because: $1) },
                cleanUp: { key in Task { await links.mailboxes.forget(job: key.job) } },
                inherit: { job, _ in inheritance.start(job) }))
        runner.report { driver.put($0, note: $1) }
        checks.report { driver.put($0, note: $1) }
        inheritance.report { driver.put($0, note: $1) }
        let capacities = Dictionary(shelf.engines.keys.map { ($0, capacity) }, uniquingKeysWith: { first, _ in first })
        try await driver.recover(capacity: capacities, policy: LedgerPolicy(settings.scheduling))
        try await RestoredSite.endWhatLived(store, driver, logger)
        return SiteParts(
            home: home, settings: settings, store: store, feed: feed, driver: driver, runner: runner,
            workers: workers, writer: writer, board: board, shelf: shelf, links: links, rules: rules,
            trusted: trusted, logger: logger, epoch: epoch, lock: lock,
            disk: DiskMark(folder: home.root.path, settings: settings.disk))
    }
}

/// A site that is ready, and what has to run while it serves.
public struct OpenedSite: Sendable {
    public let site: Site
    public let services: [any Service]
}

/// One server for each home.
final class HomeLock: Sendable {
    private let descriptor: Int32

    init(_ home: SiteHome) throws {
        descriptor = Foundation.open(home.lockFile.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw SiteError(
                "home_in_use", "Another server uses the home \(home.root.path)",
                hint: "Stop it, or start this one with --home")
        }
    }

    deinit { close(descriptor) }
}

/// The heart's queue and the orphans of workers; at the end the site drains.
struct SiteWork: Service {
    let site: Site

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await site.driver.run() }
            group.addTask { await site.workers.reapOrphans() }
            group.addTask { await site.retentionSweep.run() }
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
final class PartyChecks: Sendable {
    private let rules: JobRules
    private let trusted: TrustedSubmissions
    private let logger: Logger
    private let tell = TellHeart()

    init(rules: JobRules, trusted: TrustedSubmissions, logger: Logger) {
        self.rules = rules
        self.trusted = trusted
        self.logger = logger
    }

    func report(to tell: @escaping @Sendable (HeartDriver.Input, AttemptNote?) -> Void) { self.tell.set(tell) }

    func start(_ key: MemberKey, _ job: Job, contract: Int) {
        Task {
            do {
                let isTrusted = try await trusted.covers(key.party.id, job)
                let verdict = try await rules.check(
                    key.party, job, trusted: isTrusted, isOfSite: try await trusted.isOfSite(job))
                tell.put(.member(key, .checked(verdict, contract: contract)))
            } catch {
                logger.error("a job was not checked", metadata: ["job": "\(key)", "error": "\(error)"])
                tell.put(
                    .member(
                        key,
                        .checked(
                            .refused(
                                Failure(
                                    .refused, "the site could not check the job", party: key.party,
                                    advice: "Its log says why")),
                            contract: contract)))
            }
        }
    }
}
