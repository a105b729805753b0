import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NornManifest
import NornSite
import ServiceLifecycle

/// The HTTP side of a site: its listener lives as long as the site and lets go of it when the process is told to end.
public struct APIServer: Service {
    /// Between tries to tell clients of this machine where the site is.
    static let announceMilliseconds = 500

    let scheduler: Scheduler
    let logger: Logger

    public init(scheduler: Scheduler, logger: Logger) {
        self.scheduler = scheduler
        self.logger = logger
    }

    static let routes: [APIRoute] =
        SiteRoutes.all + JobRoutes.all + JobControlRoutes.all + JobResultRoutes.all + DataRoutes.all
        + SiteRoutes.tokens + SiteRoutes.peers + PluginRoutes.all + BackupRoutes.all + AuditRoutes.all
        + QuarantineRoutes.all + ModelRoutes.all + ModelRoutes.tags + [documentRoute]

    private static let documentRoute = APIRoute(
        method: .get, path: "/api/openapi.json", right: nil, summary: "This document.", answer: .document,
        handle: { _ in Answers.value(document) })

    /// The document that `/api/openapi.json` serves.
    static let document: JSON = OpenAPIDocument.make(routes: routes, version: SiteVersion.text)

    func router() -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.add(middleware: ErrorMiddleware())
        router.add(middleware: GateMiddleware(scheduler: scheduler))
        router.add(middleware: CallerMiddleware(scheduler: scheduler))
        for route in Self.routes {
            router.on(RouterPath(route.path), method: route.method) { [scheduler] request, context in
                let caller = try CallerMiddleware.require(route.right, context.caller)
                let (role, site) = (scheduler.role, scheduler.site)
                if role == .standby && (route.method != .get || route.needsHeart) {
                    return try await StandbyProxy.shared.pass(request, to: scheduler.activeAddress)
                }
                let asked = APIRequest(request: request, context: context, caller: caller, site: site)
                return try await StorePatience(scheduler: scheduler).value { try await route.handle(asked) }
            }
        }
        V1Router(scheduler: scheduler).add(to: router)
        return router
    }

    /// Listens until the process is told to end.
    public func run() async throws {
        let all = scheduler.site.settings
        let settings = all.http
        try all.checkListener()
        let application = Application(
            router: router(),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), serverName: "norn",
                availableConnectionsDelegate: MaximumAvailableConnections(settings.connectionsAtOnce)),
            onServerRunning: { [scheduler, logger] channel in
                let port = channel.localAddress?.port ?? settings.port
                if await !Self.announce(scheduler, port, logger) {
                    Task { await Self.announceLater(scheduler, port, logger) }
                }
                logger.info("listening", metadata: ["address": "http://\(settings.host):\(port)"])
            },
            logger: quiet(logger))
        try await application.run()
    }

    /// Whether clients of this machine find the site now.
    private static func announce(_ scheduler: Scheduler, _ port: Int, _ logger: Logger) async -> Bool {
        do {
            try await scheduler.announce(port: port)
            return true
        } catch {
            logger.error("the site file cannot be written", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// A full disk gets room again, and a database that is away comes back: the site is not left without its file.
    private static func announceLater(_ scheduler: Scheduler, _ port: Int, _ logger: Logger) async {
        repeat {
            try? await Task.sleep(for: .milliseconds(announceMilliseconds))
            if scheduler.site.isDraining { return }
        } while await !announce(scheduler, port, logger)
    }

    /// The library's own lines matter only when something is wrong.
    private func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return quiet
    }
}
