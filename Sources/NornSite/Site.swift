import Foundation
import Logging
import NornFederation
import NornFlow
import NornManifest
import NornStore
import NornWorkers
import Synchronization

/// One running site: what its HTTP side and its command ask, it does.
public final class Site: Sendable {
    public let home: SiteHome
    public let settings: SiteSettings
    public let tokens: TokenOffice
    public let signatures: ClientSignatures
    public let tables: TableService
    public let feed: EventFeed
    let store: any Store
    let driver: HeartDriver
    let runner: AttemptRunner
    let workers: Workers
    let writer: TrackingWriter
    let views: JobViews
    let answers = AnswerCache()
    let rules: JobRules
    var quarantine: Quarantine { rules.quarantine }
    public let plugins: PluginService
    let shelf: PluginShelf
    let links: SiteLinks
    let logger: Logger
    let epoch: Int
    let disk: DiskMark
    let backups = BackupTurn()
    private let port = Mutex<Int>(0)
    private let draining = Atomic<Bool>(false)
    /// Parties for which the submitter here may act, by job.
    let trusted: TrustedSubmissions
    let submissionKeys: SubmissionKeys
    /// Held as long as the site lives; nil for one that stands by.
    private let turn: SchedulerTurn?

    init(_ parts: SiteParts) {
        home = parts.home
        settings = parts.settings
        store = parts.store
        feed = parts.feed
        driver = parts.driver
        runner = parts.runner
        workers = parts.workers
        writer = parts.writer
        plugins = parts.plugins
        shelf = parts.shelf
        links = parts.links
        rules = parts.rules
        trusted = parts.trusted
        submissionKeys = SubmissionKeys(store: parts.store)
        logger = parts.logger
        epoch = parts.epoch
        disk = parts.disk
        turn = parts.turn
        tokens = TokenOffice(store: parts.store)
        signatures = ClientSignatures(tokens: tokens)
        tables = TableService(store: parts.store, catalogue: { [shelf] in shelf.catalogue })
        views = JobViews(store: parts.store, driver: parts.driver, board: parts.board)
        feed.onChange { [answers] in answers.forget($0) }
    }

    /// The port that the listener got.
    public var boundPort: Int { port.withLock { $0 } }
    public var isDraining: Bool { draining.load(ordering: .acquiring) }

    /// Tells clients of this machine where the site is: `run/site.json` and the token of this run.
    public func announce(port: Int) async throws {
        self.port.withLock { $0 = port }
        let holds = settings.store.isShared ? try await localTokenHolds() : false
        if !holds {
            let secret = try await tokens.createLocal()
            try writePrivateFile(Data((secret + "\n").utf8), to: home.tokenFile)
        }
        try writeSiteFile(to: home.siteFile)
    }

    /// Says where one that stands by answers; the token is the site's.
    func announceStandby(port: Int, file: URL) throws {
        self.port.withLock { $0 = port }
        try writeSiteFile(to: file)
    }

    /// Where clients of this machine reach the listener.
    var listenerAddress: String {
        let host = settings.http.host.contains(":") ? "[\(settings.http.host)]" : settings.http.host
        let shown = ["0.0.0.0", "::"].contains(settings.http.host) ? "127.0.0.1" : host
        return "http://\(shown):\(boundPort)"
    }

    private func writeSiteFile(to url: URL) throws {
        let file = SiteFile(address: listenerAddress, pid: getpid(), tokenFile: home.tokenFile.path)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try writePrivateFile(try encoder.encode(file), to: url)
    }

    /// With several schedulers the token outlives each: who uses it does not notice that another one took over.
    private func localTokenHolds() async throws -> Bool {
        guard let text = try? String(contentsOf: home.tokenFile, encoding: .utf8) else { return false }
        return try await tokens.caller(secret: text.trimmingCharacters(in: .whitespacesAndNewlines)) != nil
    }

    /// No new jobs; running attempts get their grace, followers their end.
    public func drain() async {
        draining.store(true, ordering: .releasing)
        runner.drain()
        feed.close()
        await workers.endAll(reason: .siteStops, graceMilliseconds: settings.jobs.stopGraceMilliseconds)
        await writer.flush()
        try? FileManager.default.removeItem(at: home.siteFile)
    }

    public func recordRefusal(kind: String, caller: String, text: String) async throws {
        logger.warning("refused a caller", metadata: ["kind": "\(kind)", "caller": "\(caller)"])
        try await store.appendSecurity(
            SecurityRecord(time: Clocks.wallMilliseconds(), kind: kind, caller: caller, text: text))
    }

    public func refusals(limit: Int) async throws -> [SecurityView] {
        try await store.security(limit: limit).map {
            SecurityView(time: $0.time, kind: $0.kind, caller: $0.caller, text: $0.text)
        }
    }

    public func status() async throws -> SiteStatus {
        let ledger = await driver.ledger
        let lent = MachineResources.lent(settings.resources)
        let held = shelf.engines.keys.map { ledger.held($0) }.reduce(Resources.none, +)
        var counts: [String: Int] = [:]
        for job in try await store.jobs(status: nil, limit: Self.jobsCounted, offset: 0) {
            counts[job.status, default: 0] += 1
        }
        return SiteStatus(
            version: SiteVersion.text, home: home.root.path, parties: settings.parties, epoch: epoch,
            scheduler: (turn == nil ? Scheduler.Role.standby : .active).rawValue,
            draining: isDraining, jobs: counts, approvals: await driver.waitingForApproval.count,
            resources: SiteStatus.Resources(
                cores: lent.cores, coresHeld: held.cores, memoryBytes: lent.memoryBytes,
                memoryBytesHeld: held.memoryBytes), federation: await links.status(), peers: try peers(),
            components: shelf.catalogue.entries.count, engines: shelf.engines.keys.sorted(),
            warnings: shelf.warnings + [links.certificateWarning].compactMap { $0 } + links.warnings
                + quarantine.entries().map { "\($0.plugin.name) is in quarantine: \($0.reason)" }
                + [disk.why.map { "nothing new begins: \($0)" }].compactMap { $0 })
    }

    /// Jobs that the status counts, newest first.
    static let jobsCounted = 10_000

    /// What gives up old jobs and rows while the site serves.
    var retentionSweep: RetentionSweep {
        RetentionSweep(
            store: store, cleaning: cleaning, settings: settings.retention,
            isLocal: { [links] initiator in
                links.isLocal(Party(role: .local, id: initiator.split(separator: ":").last.map(String.init) ?? ""))
            }, logger: logger)
    }

    // MARK: Catalogue

    public var catalogue: Catalogue { shelf.catalogue }

    public func components() -> [ComponentView] { shelf.catalogue.entries.map(ComponentView.init) }

    public func component(_ name: String) throws -> ComponentView {
        do {
            return ComponentView(try shelf.catalogue.find(name))
        } catch {
            throw SiteError.unknownComponent(error, field: "name")
        }
    }

    public func engines() -> [EngineView] {
        shelf.engines.values.sorted { $0.declaration.name < $1.declaration.name }.map { engine in
            EngineView(
                name: engine.declaration.name, summary: engine.declaration.summary,
                durable: engine.declaration.isDurable, plugin: engine.pluginID, version: engine.pluginVersion,
                standard: engine.declaration.name == settings.jobs.engine)
        }
    }

    // MARK: Peers

    public func peers() throws -> [PeerView] {
        try SiteKeys.peers(home: home).map { peer in
            var peer = peer
            peer.protocolVersion = links.protocolVersion(with: peer.name)
            return peer
        }
    }

    public func trust(name: String, pin: String, parties: [String], address: String?) throws -> PeerView {
        try SiteKeys.trust(home: home, name: name, pin: pin, parties: parties, address: address)
    }

    public func distrust(name: String, pin: String?) throws { try SiteKeys.distrust(home: home, name: name, pin: pin) }
}

/// What a site is made of.
struct SiteParts: Sendable {
    var home: SiteHome
    var settings: SiteSettings
    var store: any Store
    var feed: EventFeed
    var driver: HeartDriver
    var runner: AttemptRunner
    var workers: Workers
    var writer: TrackingWriter
    var board: ProgressBoard
    var plugins: PluginService
    var shelf: PluginShelf
    var links: SiteLinks
    var rules: JobRules
    var trusted: TrustedSubmissions
    var logger: Logger
    var epoch: Int
    var turn: SchedulerTurn?
    var disk: DiskMark
}

/// Remembers for which parties of this site the submitter of a job may act: their tables need no grant. It outlives a
/// restart, since parties are checked again after one.
struct TrustedSubmissions: Sendable {
    let store: any Store
    let isLocal: @Sendable (Party) -> Bool
    /// Of submissions whose transaction is under way.
    private let fresh = FreshSubmissions()

    init(store: any Store, isLocal: @escaping @Sendable (Party) -> Bool) {
        self.store = store
        self.isLocal = isLocal
    }

    /// No party's id: those are numbers.
    private static let siteMark = "site"

    private func name(_ job: JobID) -> String { "submission/\(job)" }

    /// Hands over what has to be written together with the submission, and answers by it already meanwhile.
    func remember(_ caller: Caller, job: JobID, _ submit: (NamedValue) async throws -> Void) async throws {
        let parties = caller.parties.isEmpty ? "*" : caller.parties.joined(separator: ",")
        let text = caller == .site ? Self.siteMark : parties
        fresh.set(text, of: job)
        defer { fresh.set(nil, of: job) }
        try await submit(NamedValue(name: name(job), value: text))
    }

    private func text(of job: JobID) async throws -> String? {
        if let text = fresh.text(of: job) { return text }
        return try await store.value(name(job))
    }

    /// Whether the site itself sent the job.
    func isOfSite(_ job: Job) async throws -> Bool {
        guard isLocal(job.initiator) else { return false }
        return try await text(of: job.id) == Self.siteMark
    }

    /// Whether a submitter of this site who may act for the party sent the job. The id alone proves nothing: a
    /// partner who knows the id of a job from here can send orders of another job under it.
    func covers(_ party: String, _ job: Job) async throws -> Bool {
        guard isLocal(job.initiator), let parties = try await text(of: job.id) else { return false }
        return parties == "*" || parties == Self.siteMark || parties.split(separator: ",").contains(Substring(party))
    }
}

private final class FreshSubmissions: Sendable {
    private let texts = Mutex<[JobID: String]>([:])

    func text(of job: JobID) -> String? { texts.withLock { $0[job] } }

    func set(_ text: String?, of job: JobID) { texts.withLock { $0[job] = text } }
}

extension ComponentView {
    init(_ entry: CatalogueEntry) {
        let component = entry.component
        self.init(
            name: component.name, aliases: component.aliases, reference: component.reference,
            plugin: entry.pluginID, version: entry.pluginVersion, summary: component.summary,
            roles: component.roles.map(\.rawValue), engines: component.engines, parameters: component.parameters.source,
            inputs: component.inputs.map { "\($0.name) (\($0.kind.rawValue))" },
            outputs: component.outputs.map { "\($0.name) (\($0.kind.rawValue))" }, discloses: component.discloses)
    }
}
