import Logging
import NornFederation
import NornFlow
import Synchronization

/// Knows which peers do not answer, asks them again while work waits for them, and tells at once when one is heard.
final class PeerWatch: Sendable {
    static let firstPauseMilliseconds = 250
    /// While work waits, a peer that is back is known after this long and a probe at most.
    static let longestPauseMilliseconds = 5_000

    private struct Trouble {
        var why: String
        /// It did not answer; otherwise it refused.
        var isSilent: Bool
        var isProbed = false
    }

    /// Asks a peer over a new connection; throws when it does not answer.
    private let probe: @Sendable (TrustedPeer) async throws -> Void
    /// Takes the next call to a peer over a new connection.
    private let renew: @Sendable (String) -> Void
    private let logger: Logger
    private let troubles = Mutex<[String: Trouble]>([:])
    private let told = Mutex<Told?>(nil)

    /// What the rest of the site has to do with it.
    struct Told: Sendable {
        /// Whether a live job waits for a party of this peer.
        var isWaitedFor: @Sendable (String) async -> Bool
        var isBack: @Sendable (String) async -> Void
    }

    init(
        logger: Logger, renew: @escaping @Sendable (String) -> Void,
        probe: @escaping @Sendable (TrustedPeer) async throws -> Void
    ) {
        self.logger = logger
        self.renew = renew
        self.probe = probe
    }

    /// Set once, before the first message.
    func tell(_ told: Told) { self.told.withLock { $0 = told } }

    /// Why calls to peers failed last, by the peer's name.
    var reasons: [String: String] { troubles.withLock { $0.mapValues(\.why) } }

    /// A call did not reach the peer, or was refused.
    func failed(_ peer: TrustedPeer, _ error: any Error) {
        let error = error as? FederationError
        let begins = troubles.withLock { troubles in
            let isSilent = error?.code == .unreachable
            var trouble = troubles[peer.name] ?? Trouble(why: "", isSilent: isSilent)
            trouble.why = error?.message ?? "the call failed"
            trouble.isSilent = isSilent
            let begins = isSilent && !trouble.isProbed
            trouble.isProbed = trouble.isProbed || begins
            troubles[peer.name] = trouble
            return begins
        }
        if begins { Task { await ask(peer) } }
    }

    /// The peer called. What it refused it still refuses.
    func heard(_ name: String) {
        guard troubles.withLock({ $0[name]?.isSilent == true }) else { return }
        renew(name)
        answered(name)
    }

    /// The peer answered a call. Only after a trouble is there anything to tell.
    func answered(_ name: String) {
        guard troubles.withLock({ $0.removeValue(forKey: name) }) != nil else { return }
        logger.info("a peer is heard again", metadata: ["peer": "\(name)"])
        guard let told = told.withLock({ $0 }) else { return }
        Task { await told.isBack(name) }
    }

    /// Asks until the peer answers, somebody else heard it, or nothing waits for it any more.
    private func ask(_ peer: TrustedPeer) async {
        var milliseconds = Self.firstPauseMilliseconds
        while troubles.withLock({ $0[peer.name]?.isProbed == true }), !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(Int.random(in: milliseconds / 2...milliseconds)))
            milliseconds = min(milliseconds * 2, Self.longestPauseMilliseconds)
            guard let told = told.withLock({ $0 }), await told.isWaitedFor(peer.name) else {
                return troubles.withLock { $0[peer.name]?.isProbed = false }
            }
            do {
                try await probe(peer)
                answered(peer.name)
            } catch {
                logger.debug("a peer is still silent", metadata: ["peer": "\(peer.name)", "error": "\(error)"])
            }
        }
    }
}

extension HeartDriver {
    /// Whether a job here awaits something of a party, or of its coordinator, at a site.
    func isWaiting(for peer: String, peerName: (Party) -> String) -> Bool {
        rows.index.parties.contains { peerName($0) == peer }
            || rows.index.initiators.keys.contains { peerName($0) == peer }
    }

    /// A site is heard again: what waits for it asks at once, not after its pause.
    func peerIsBack(_ peer: String, peerName: (Party) -> String) {
        for party in rows.index.parties where peerName(party) == peer {
            for job in rows.index.jobs(awaiting: party) { put(.coordinator(job, .partnerBack([party]))) }
        }
        for initiator in rows.index.initiators.keys where peerName(initiator) == peer {
            for key in rows.index.liveMembers(of: initiator) { put(.member(key, .coordinatorBack)) }
        }
    }
}
