import Foundation
import Logging
import NornFederation
import NornFlow
import NornStore
import NornWorkers
import ServiceLifecycle
import Synchronization

/// The ways to parties, at this site and at others. A site without keys has only its own.
final class SiteLinks: Sendable {
    let directory: PartyDirectory
    let mailboxes: Mailboxes
    private let trust: PeerTrust
    private let identity: SiteIdentity?
    private let client: PeerClient?
    private let versions: PeerVersions
    private let epoch: Int
    private let logger: Logger
    private let sequence = Atomic<Int>(0)
    private let server = Mutex<PeerServer?>(nil)
    private let watch: PeerWatch
    private let queues = MessageQueues()
    private let disclosure: FailureDisclosure

    init(
        home: SiteHome, settings: SiteSettings, epoch: Int, logger: Logger, notice: @escaping PeerNoticeSink
    ) throws {
        let folder = home.keys.path
        trust = try PeerTrust(folder: folder, logger: logger)
        let local: LocalParties = settings.servesAnyParty ? .any : .only(Set(settings.parties))
        directory = PartyDirectory(local: local, trust: trust)
        let hasKey = FileManager.default.fileExists(
            atPath: home.keys.appending(path: SiteIdentity.keyFile).path)
        identity = hasKey ? try SiteIdentity(folder: folder) : nil
        client = identity.map { [trust] identity in
            PeerClient(
                identity: identity, trust: trust, proxy: Self.proxy(settings.federation.proxy),
                versions: settings.federation.versions, logger: logger, notice: notice)
        }
        mailboxes = Mailboxes(directory: directory, client: client, logger: logger)
        watch = PeerWatch(logger: logger) { [client, queues] in
            client?.renew($0)
            queues.renewed($0)
        } probe: { [client, queues] in
            try await client?.probe($0)
            queues.renewed($0.name)
        }
        disclosure = FailureDisclosure(sharesTexts: settings.federation.shareErrorTexts) { [directory] in
            directory.isLocal($0.address)
        }
        versions = settings.federation.versions
        self.epoch = epoch
        self.logger = logger
    }

    /// Reads `host:port`; nil for an empty setting.
    private static func proxy(_ text: String) -> PeerClient.Proxy? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else { return nil }
        return PeerClient.Proxy(host: String(parts[0]), port: port)
    }

    // MARK: Routes

    func isLocal(_ party: Party) -> Bool { directory.isLocal(party.address) }

    /// The site of a party that is not of this one; the party's own id where none is known.
    func peerName(of party: Party) -> String {
        guard case .peer(let peer)? = try? directory.route(to: party.address) else { return party.id }
        return peer.name
    }

    /// Refuses a party that no site is known for.
    func requireRoute(to party: Party, field: String) throws {
        do {
            guard case .peer(let peer) = try directory.route(to: party.address) else { return }
            guard client != nil else {
                throw SiteError(
                    "no_route", "\(party.text) is at the site \(peer.name), and this one has no key", field: field,
                    party: party.text, hint: "Run norn site init and start the site again")
            }
            guard peer.address != nil else {
                throw SiteError(
                    "no_route", "The site \(peer.name) of \(party.text) has no address here", field: field,
                    party: party.text, hint: "norn site trust \(peer.name) --address https://host:9381")
            }
        } catch let error as FederationError {
            throw SiteError(
                "no_route", error.message, field: field, party: party.text,
                hint: "Trust its site: norn site trust NAME --parties \(party.id)")
        }
    }

    // MARK: Messages of the heart

    /// Peers whose messages do not arrive, for the people here.
    var warnings: [String] {
        let known = Set(trust.peers.map(\.name))
        return watch.reasons.filter { known.contains($0.key) }.sorted { $0.key < $1.key }
            .map { "messages to the site \($0.key) do not arrive: \($0.value)" }
    }

    /// Brings a message to its party's site, once; the heart sends again what is not answered.
    func send(_ message: Message) {
        guard client != nil, case .peer(let peer)? = try? directory.route(to: message.to.address) else { return }
        queues.put(message, for: peer) { [weak self] in await self?.deliver($0, to: $1) }
    }

    private func deliver(_ messages: [Message], to peer: TrustedPeer) async {
        guard let client else { return }
        do {
            let version = try await client.version(for: peer)
            let envelopes = try messages.map { try envelope($0.spoken(in: version), version) }
            let refusals = try await client.deliver(envelopes, to: peer).compactMap(\.self)
            guard let first = refusals.first else { return watch.answered(peer.name) }
            watch.failed(peer, first)
            for refusal in refusals {
                logger.info("a message was refused", metadata: ["peer": "\(peer.name)", "why": "\(refusal)"])
            }
        } catch {
            watch.failed(peer, error)
            logger.info(
                "messages did not arrive",
                metadata: ["peer": "\(peer.name)", "messages": "\(messages.count)", "why": "\(error)"])
        }
    }

    private func envelope(_ message: Message, _ version: Int) throws -> PeerMessage {
        let number = sequence.add(1, ordering: .relaxed).newValue
        return PeerMessage(
            id: "\(epoch)-\(number)-\(message.from.text)", job: message.job, from: message.from.address,
            to: message.to.address, epoch: epoch, sequence: number,
            body: try MessageBody.encode(disclosure.disclosed(message), version))
    }

    /// Refuses what a party's site is known not to speak: runs again and inheritance came with a later protocol.
    func requireReruns(of parties: [Party], field: String?) throws {
        for party in parties {
            guard case .peer(let peer)? = try? directory.route(to: party.address),
                let version = client?.spokenVersion(with: peer.name), version < PeerVersions.withReruns
            else { continue }
            throw SiteError(
                "partner_outdated",
                "The site of \(party.text) speaks protocol \(version), which has no jobs that run again or inherit",
                field: field, party: party.text, hint: "Submit a job that stands alone, or have the site upgraded")
        }
    }

    /// Refuses what a party's site is known not to speak: kept models came with a later protocol.
    func requireModels(of parties: [Party], field: String?) throws {
        for party in parties {
            guard case .peer(let peer)? = try? directory.route(to: party.address),
                let version = client?.spokenVersion(with: peer.name), version < PeerVersions.withModels
            else { continue }
            throw SiteError(
                "partner_outdated",
                "The site of \(party.text) speaks protocol \(version), which keeps no models", field: field,
                party: party.text, hint: "Have that site upgraded")
        }
    }

    // MARK: The listener for peers

    /// What runs while the site does: nothing without a key.
    func services(
        _ settings: SiteSettings.Federation, inbox: HeartInbox, notice: @escaping PeerNoticeSink
    ) -> [any Service] {
        guard let identity, let client else { return [] }
        let driver = inbox.driver
        watch.tell(
            PeerWatch.Told { [self] peer in
                await driver.isWaiting(for: peer) { peerName(of: $0) }
            } isBack: { [self] peer in
                await driver.peerIsBack(peer) { peerName(of: $0) }
            })
        let server = PeerServer(
            identity: identity, trust: trust, directory: directory, mailboxes: mailboxes, inbox: inbox,
            addresses: [(host: settings.host, port: settings.port)], versions: settings.versions, logger: logger,
            notice: notice, heard: { [watch] in watch.heard($0) })
        self.server.withLock { $0 = server }
        return [client, server, CertificateWatch(identity: identity, notice: notice)]
    }

    func status() async -> SiteStatus.Federation {
        let ports = server.withLock { $0 }?.ports ?? []
        let load = await mailboxes.load
        return SiteStatus.Federation(
            listening: !ports.isEmpty, port: ports.first, pin: identity?.pin.description,
            certificateEnds: identity.map { Int64($0.certificate.notValidAfter.timeIntervalSince1970 * 1000) },
            protocolVersions: Array(versions.oldest...versions.newest), mailboxes: load.mailboxes,
            messagesKept: load.messagesKept)
    }

    /// The protocol that is spoken with a peer; nil before the two have met.
    func protocolVersion(with peer: String) -> Int? { client?.spokenVersion(with: peer) }

    var certificateWarning: String? { identity.flatMap { CertificateWatch.warning(for: $0.certificate)?.text } }
}

extension Party {
    var address: PartyAddress { PartyAddress(role: role.rawValue, id: id) }
}

/// Takes what the heart of another site says.
struct HeartInbox: PeerInbox {
    let driver: HeartDriver
    let notice: PeerNoticeSink

    func receive(_ message: PeerMessage, from peer: TrustedPeer) async throws {
        guard let content = MessageBody.decode(message.body),
            content.job == message.job, content.from.address == message.from, content.to.address == message.to
        else {
            throw refusal("the message's content is not what its envelope says", peer)
        }
        if let flaw = PartnerNames.flaw(in: content) {
            throw refusal("\(flaw) is no name that a job may use", peer)
        }
        if let flaw = PartnerNumbers.flaw(in: content) { throw refusal(flaw, peer) }
        try await driver.step(.message(content))
    }

    /// What the peer is told; people here find it among the refusals.
    private func refusal(_ text: String, _ peer: TrustedPeer) -> FederationError {
        notice(PeerNotice(kind: .wrongMessage, caller: peer.name, text: text))
        return FederationError(.invalidRequest, text, peer: peer.name)
    }
}

extension SiteSettings.Federation {
    /// The protocols that this site speaks with others.
    var versions: PeerVersions { PeerVersions(newest: protocolVersion == 0 ? nil : protocolVersion) }
}
