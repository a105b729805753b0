/// Which party ids a site serves itself.
public enum LocalParties: Hashable, Sendable {
    /// Every id that no peer is trusted for.
    case any
    case only(Set<String>)
}

/// Where a party is reached.
public enum PartyRoute: Hashable, Sendable {
    case local
    case peer(TrustedPeer)
}

/// Finds the site of a party: first an explicit id, then a trusted peer's, then `any`.
public struct PartyDirectory: Sendable {
    public let local: LocalParties
    public let trust: PeerTrust?

    /// - Parameter trust: nil for a site that has no peers.
    public init(local: LocalParties, trust: PeerTrust? = nil) {
        self.local = local
        self.trust = trust
    }

    /// - Throws: `FederationError.noRoute`.
    public func route(to party: PartyAddress) throws(FederationError) -> PartyRoute {
        if case .only(let ids) = local, ids.contains(party.id) { return .local }
        if let peer = trust?.peer(party: party.id) { return .peer(peer) }
        if case .any = local { return .local }
        throw FederationError(
            .noRoute, "no site is known for party \(party.id): trust its site with `norn site trust`",
            party: party.description)
    }

    public func isLocal(_ party: PartyAddress) -> Bool { (try? route(to: party)) == .local }
}
