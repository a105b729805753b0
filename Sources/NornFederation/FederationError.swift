import Foundation

/// Why something between sites did not go. It travels as JSON in the body of a refusal.
public struct FederationError: Error, Codable, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Codable, Sendable {
        /// No site is known that serves the party.
        case noRoute = "no_route"
        /// The other site's key is not one that we trust, or no longer.
        case untrustedPeer = "untrusted_peer"
        /// The caller speaks for a party id that is not one of its own.
        case foreignParty = "foreign_party"
        /// The receiver's party id is not served at this site.
        case notServed = "not_served"
        /// Neither our protocol version nor the one before is spoken at the other side.
        case protocolVersion = "protocol_version"
        /// The other site could not be reached, or did not answer in time.
        case unreachable
        case alreadyExists = "already_exists"
        case notFound = "not_found"
        /// The attempt that the message was for, or came from, has ended.
        case attemptEnded = "attempt_ended"
        case limitExceeded = "limit_exceeded"
        case invalidRequest = "invalid_request"
        /// Bytes arrived that are not those that were sent.
        case dataLoss = "data_loss"
        /// Our own keys, certificate or trust file cannot be used.
        case configuration
        case cancelled
        case `internal`
    }

    public var code: Code
    /// What, where and what to do about it.
    public var message: String
    /// The party, as `role:id` or as its id.
    public var party: String?
    /// The peer's name in the trust file.
    public var peer: String?

    public init(_ code: Code, _ message: String, party: String? = nil, peer: String? = nil) {
        self.code = code
        self.message = message
        self.party = party
        self.peer = peer
    }

    /// True when the same call may succeed later without anybody doing something.
    public var isRetryable: Bool {
        switch code {
        case .unreachable, .limitExceeded, .internal, .dataLoss: true
        default: false
        }
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
