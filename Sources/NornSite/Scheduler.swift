import Foundation
import Logging
import NornStore
import ServiceLifecycle
import Synchronization

/// What a server process is to its site: the active scheduler, or one that stands by. With the embedded store it is
/// always the active one.
///
/// One that stands by answers what can be read from the store, and takes over when the active one has gone. With a
/// shared store and home, what it needs for that is ready: plugins are admitted, the listener is open.
public final class Scheduler: Service {
    public enum Role: String, Sendable {
        case active, standby
    }

    /// How often one that stands by looks whether the active one lives.
    static let lookMilliseconds = 250
    static let eventsAtOnce = 1000
    /// A lease has ended when it is seen ended for so long: a scheduler that just starts gets time to take it.
    static let endedMilliseconds: Int64 = 2000

    private struct State: Sendable {
        var role: Role
        var site: Site
        var services: [any Service] = []
        var turn: SchedulerTurn?
        /// The site as it was while standing by: requests that are under way still read from it.
        var former: Site?
        var port = 0
        var activeAddress = ""
        var endedLease: (fence: Int, since: Int64)?
    }

    private let foundation: SiteFoundation
    private let state: Mutex<State>

    private init(_ foundation: SiteFoundation, role: Role, site: Site, services: [any Service], turn: SchedulerTurn?) {
        self.foundation = foundation
        state = Mutex(State(role: role, site: site, services: services, turn: turn))
    }

    public var site: Site { state.withLock { $0.site } }
    public var role: Role { state.withLock { $0.role } }
    /// Where the active scheduler answers, for one that stands by; nil while none is known.
    public var activeAddress: String? {
        state.withLock { $0.role == .standby && !$0.activeAddress.isEmpty ? $0.activeAddress : nil }
    }
    /// Whether the store is a server of its own, which may be away.
    public var hasSharedStore: Bool { foundation.settings.store.isShared }
    /// Why the store does not answer just now.
    public var storeTrouble: String? { foundation.store.trouble }

    /// Opens the site, as the active scheduler if no other one of its home lives.
    public static func open(
        home: SiteHome, tree: InstalledTree, settings: SiteSettings, logger: Logger
    ) async throws -> Scheduler {
        try home.prepare()
        // An embedded store is not even opened while another server uses it.
        let lock = settings.store.isShared ? nil : try HomeLock.take(home)
        guard lock != nil || settings.store.isShared else {
            throw SiteError(
                "home_in_use", "Another server uses the home \(home.root.path)",
                hint: "Stop it, or start this one with --home")
        }
        let foundation = try await SiteFoundation.make(home: home, tree: tree, settings: settings, logger: logger)
        if let turn = try await SchedulerTurn.take(foundation, lock: lock) {
            let opened = try await SiteOpening.activeSite(foundation, turn)
            return Scheduler(foundation, role: .active, site: opened.site, services: opened.services, turn: turn)
        }
        try await StoreOpening.checkHome(home, foundation.store)
        foundation.store.standBy()
        logger.notice("another scheduler of this site is active: this one stands by")
        let site = try await SiteOpening.standbySite(foundation)
        return Scheduler(foundation, role: .standby, site: site, services: [], turn: nil)
    }

    /// Tells clients of this machine where this process answers.
    public func announce(port: Int) async throws {
        foundation.listens(on: port)
        let (site, role) = state.withLock { state in
            state.port = port
            return (state.site, state.role)
        }
        try await announce(site, role, port)
    }

    private func announce(_ site: Site, _ role: Role, _ port: Int) async throws {
        let standbyFile = foundation.home.standbyFile(pid: getpid())
        switch role {
        case .standby: try site.announceStandby(port: port, file: standbyFile)
        case .active:
            try? FileManager.default.removeItem(at: standbyFile)
            try await site.announce(port: port)
            try? await foundation.store.renewLease(
                milliseconds: foundation.settings.scheduling.storeLeaseSeconds * 1000, address: foundation.address)
        }
    }

    /// Stands by until it is this process's turn, then runs the site until the process is told to end.
    public func run() async throws {
        if role == .standby { try await cancelWhenGracefulShutdown { try await self.standBy() } }
        guard role == .active else {
            try? FileManager.default.removeItem(at: foundation.home.standbyFile(pid: getpid()))
            return foundation.store.close()
        }
        let services = state.withLock { $0.services }
        try await ServiceGroup(
            configuration: ServiceGroupConfiguration(services: services, logger: foundation.logger)
        ).run()
        await state.withLock { $0.turn }?.release(foundation.store)
        foundation.store.close()
    }

    // MARK: Standing by

    private func standBy() async throws {
        let listener = Task { await self.follow() }
        defer { listener.cancel() }
        while !Task.isCancelled {
            if try await look() { return }
            do {
                try await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
            } catch {
                return
            }
        }
    }

    /// Tells those who follow jobs here what the active scheduler changed.
    private func follow() async {
        var last = (try? await foundation.store.lastEvent()) ?? 0
        for await _ in foundation.store.changes() {
            while let events = try? await foundation.store.events(after: last, job: nil, limit: Self.eventsAtOnce),
                let newest = events.last
            {
                last = newest.sequence
                foundation.feed.changed(Set(events.map(\.job)))
            }
        }
    }

    /// Whether this process is the active scheduler now.
    private func look() async throws -> Bool {
        if let turn = try await SchedulerTurn.take(foundation) {
            try await become(turn)
            return true
        }
        if let lease = try await foundation.store.lease() { endHanging(lease) }
        return false
    }

    private func become(_ turn: SchedulerTurn) async throws {
        foundation.logger.notice("taking the site over", metadata: ["fence": "\(turn.lease.fence)"])
        state.withLock { $0.activeAddress = "" }
        try await foundation.plugins.readAgain()
        let opened = try await SiteOpening.activeSite(foundation, turn)
        let port = state.withLock { state in
            state.former = state.site
            state.site = opened.site
            state.services = opened.services
            state.turn = turn
            state.role = .active
            return state.port
        }
        if port != 0 { try await announce(opened.site, .active, port) }
        foundation.logger.notice("this scheduler is active", metadata: ["fence": "\(turn.lease.fence)"])
    }

    /// The holder of the home's lock lives but has not prolonged its lease, though the database's clock runs: it is
    /// paused, or hangs. It is killed, and its workers with it; its lock then says that it has gone.
    private func endHanging(_ lease: SchedulerLease) {
        let now = Clocks.monotonicMilliseconds()
        let isOver = state.withLock { state in
            state.activeAddress = lease.hasEnded ? "" : lease.address
            guard lease.hasEnded else {
                state.endedLease = nil
                return false
            }
            if state.endedLease?.fence != lease.fence { state.endedLease = (lease.fence, now) }
            return now - (state.endedLease?.since ?? now) >= Self.endedMilliseconds
        }
        guard isOver else { return }
        let killed = HomeLock.endHolder(foundation.home)
        foundation.logger.warning(
            "the active scheduler let its lease end", metadata: ["fence": "\(lease.fence)", "killed": "\(killed)"])
    }
}
