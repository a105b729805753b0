import Foundation
import Logging
import ServiceLifecycle
import Synchronization

@testable import NornFederation

/// A site's federation on loopback, with its own keys and folder.
final class LoopbackSite: PeerInbox {
    let name: String
    let folder: String
    let identity: SiteIdentity
    let trust: PeerTrust
    let directory: PartyDirectory
    let client: PeerClient
    let mailboxes: Mailboxes
    let notices: NoticeLog
    let received = Mutex<[PeerMessage]>([])
    /// Set to make the inbox fail before it commits.
    let inboxIsBroken = Mutex(false)
    let server = Mutex<PeerServer?>(nil)
    private let running = Mutex<(group: ServiceGroup, task: Task<Void, any Error>)?>(nil)

    init(_ name: String, party: String, limits: PayloadBudget.Limits = PayloadBudget.Limits()) throws {
        self.name = name
        folder = NSTemporaryDirectory() + "norn-federation-" + UUID().uuidString
        try SiteIdentity.write(SiteCertificate.make(siteName: name, hosts: ["127.0.0.1"]), folder: folder)
        var logger = Logger(label: "test.\(name)")
        logger.logLevel = .critical
        let notices = NoticeLog()
        self.notices = notices
        identity = try SiteIdentity(folder: folder)
        trust = try PeerTrust(folder: folder, logger: logger)
        directory = PartyDirectory(local: .only([party]), trust: trust)
        client = PeerClient(identity: identity, trust: trust, logger: logger) { notices.add($0) }
        mailboxes = Mailboxes(directory: directory, client: client, limits: limits, logger: logger)
    }

    func receive(_ message: PeerMessage, from peer: TrustedPeer) async throws {
        if inboxIsBroken.withLock({ $0 }) { throw FederationError(.internal, "the disk is full") }
        received.withLock { $0.append(message) }
    }

    /// Starts to listen; answers the port.
    func listen(host: String = "127.0.0.1", port: Int = 0) async throws -> Int {
        var logger = Logger(label: "test.\(name)")
        logger.logLevel = .critical
        let server = PeerServer(
            identity: identity, trust: trust, directory: directory, mailboxes: mailboxes, inbox: self,
            addresses: [(host, port)], logger: logger, notice: { [notices] in notices.add($0) })
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        let task = Task { try await group.run() }
        running.withLock { $0 = (group, task) }
        self.server.withLock { $0 = server }
        while server.ports.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        return server.ports[0]
    }

    func trusts(_ other: LoopbackSite, parties: [String], address: String?) throws {
        try editTrust { try $0.trust(name: other.name, pin: other.identity.pin, parties: parties, address: address) }
    }

    func editTrust(_ edit: (inout TrustFile) throws -> Void) throws {
        var file = try TrustFile.read(folder: folder)
        try edit(&file)
        try file.write(folder: folder)
    }

    func peer(_ name: String) throws -> TrustedPeer {
        guard let peer = trust.peer(name: name) else { throw FederationError(.untrustedPeer, name) }
        return peer
    }

    func stopListening() async {
        let state = running.withLock { state in
            defer { state = nil }
            return state
        }
        await state?.group.triggerGracefulShutdown()
        _ = await state?.task.result
    }

    /// Callers stop before those whom they call.
    static func stop(_ sites: [LoopbackSite]) async {
        for site in sites { await site.client.shutdown() }
        for site in sites {
            await site.stopListening()
            try? FileManager.default.removeItem(atPath: site.folder)
        }
    }
}

final class NoticeLog: Sendable {
    private let notices = Mutex<[PeerNotice]>([])
    func add(_ notice: PeerNotice) { notices.withLock { $0.append(notice) } }
    var kinds: [PeerNotice.Kind] { notices.withLock { $0.map(\.kind) } }
}

/// A guest's and a host's site that trust each other.
struct TwoSites {
    let guest: LoopbackSite
    let host: LoopbackSite
    static let attempt = AttemptName(job: "job", task: "lr_0", attempt: 0)
    static let guestParty = PartyAddress(role: "guest", id: "9999")
    static let hostParty = PartyAddress(role: "host", id: "10000")

    static func with(
        address: String = "127.0.0.1", hostLimits: PayloadBudget.Limits = PayloadBudget.Limits(),
        _ body: (TwoSites) async throws -> Void
    ) async throws {
        let guest = try LoopbackSite("bank", party: "9999")
        let host = try LoopbackSite("shop", party: "10000", limits: hostLimits)
        let urlHost = address.contains(":") ? "[\(address)]" : address
        let guestPort = try await guest.listen(host: address)
        let hostPort = try await host.listen(host: address)
        try guest.trusts(host, parties: ["10000"], address: "https://\(urlHost):\(hostPort)")
        try host.trusts(guest, parties: ["9999"], address: "https://\(urlHost):\(guestPort)")
        do {
            try await body(TwoSites(guest: guest, host: host))
        } catch {
            await LoopbackSite.stop([guest, host])
            throw error
        }
        await LoopbackSite.stop([guest, host])
    }

    func message(_ id: String, from: PartyAddress = guestParty, body: [UInt8] = [1]) -> PeerMessage {
        PeerMessage(id: id, job: "job", from: from, to: Self.hostParty, epoch: 1, sequence: 1, body: body)
    }

    func open() async throws -> (guest: AttemptExchange, host: AttemptExchange) {
        let parties: Set = [Self.guestParty, Self.hostParty]
        return (
            try await guest.mailboxes.open(
                Self.attempt, party: Self.guestParty, folder: guest.folder, parties: parties),
            try await host.mailboxes.open(Self.attempt, party: Self.hostParty, folder: host.folder, parties: parties)
        )
    }
}

/// The error of a call that must fail.
func failure(_ body: () async throws -> Void) async -> FederationError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? FederationError)?.code
    }
}
