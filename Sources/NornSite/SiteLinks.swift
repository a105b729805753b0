import Foundation
import Logging
import NornFederation
import NornFlow
import NornStore
import NornWorkers

/// The ways to parties, at this site and at others.
final class SiteLinks: Sendable {
    let directory: PartyDirectory
    let trust: PeerTrust
    let logger: Logger

    init(home: SiteHome, settings: SiteSettings, logger: Logger) throws {
        trust = try PeerTrust(folder: home.keys.path, logger: logger)
        let local: LocalParties = settings.servesAnyParty ? .any : .only(Set(settings.parties))
        directory = PartyDirectory(local: local, trust: trust)
        self.logger = logger
    }

    func isLocal(_ party: Party) -> Bool { directory.isLocal(party.address) }

    /// Refuses a party that no site is known for.
    func requireRoute(to party: Party, field: String) throws {
        do {
            if case .peer(let peer) = try directory.route(to: party.address), peer.address == nil {
                throw SiteError(
                    "no_route", "The site \(peer.name) of \(party.text) has no address here", field: field, party: party.text,
                    hint: "norn site trust \(peer.name) --address https://host:9381")
            }
        } catch let error as FederationError {
            throw SiteError("no_route", error.message, field: field, party: party.text, hint: nil)
        }
    }
}

extension Party {
    var address: PartyAddress { PartyAddress(role: role.rawValue, id: id) }
}
