import Foundation
import HTTPTypes

/// What sites agree on before anything else.
public enum PeerProtocol {
    public static let port = 9381
    static let helloPath = "/peer/1/hello"
    static let messagesPath = "/peer/1/messages"
    static let batchPath = "/peer/1/batch"

    /// Clocks of two sites may differ by this much before people are told.
    public static let clockSkewLimitMilliseconds: Int64 = 5000

    /// Bytes of a control message: a job's configuration fits.
    public static let messageBytesLimit = 4 * 1024 * 1024
    /// Payloads up to here travel inside their announcement; larger ones are pulled by the receiver's site.
    public static let inlineBytesLimit = 64 * 1024
    static let announcementBytesLimit = inlineBytesLimit + 16 * 1024
    static let helloBytesLimit = 4096
    static let errorBytesLimit = 16 * 1024
    /// Bytes of a payload that are on their way at a time: each pull asks for one slice after the other, and no answer
    /// is longer, whatever was asked. HTTP/2 windows and buffers on the way would hold ten times as much.
    static let sliceBytes = 4 * 1024 * 1024
    /// Bytes of a payload read and written at a time.
    static let pieceBytes = 256 * 1024
}

/// The handshake of two sites, the same in both directions.
public struct PeerHello: Codable, Hashable, Sendable {
    public var site: String
    public var protocolVersion: Int
    public var oldestProtocolVersion: Int
    /// Wall milliseconds since 1970 when it was written.
    public var unixMilliseconds: Int64

    public init(site: String, versions: PeerVersions = PeerVersions(), now: Date = Date()) {
        self.site = site
        protocolVersion = versions.newest
        oldestProtocolVersion = versions.oldest
        unixMilliseconds = Int64(now.timeIntervalSince1970 * 1000)
    }
}

extension HTTPField.Name {
    /// The literal is a token, which is all that a name must be.
    static let nornProtocol = HTTPField.Name("norn-protocol") ?? .userAgent
}

/// Something that people should know of a peer: a caller that was refused, a clock that differs, a certificate's end.
public struct PeerNotice: Sendable {
    public enum Kind: String, Sendable {
        case untrustedCertificate = "untrusted_certificate"
        case endedCertificate = "ended_certificate"
        case foreignParty = "foreign_party"
        case protocolVersion = "protocol_version"
        case clockSkew = "clock_skew"
        case certificateEnds = "certificate_ends"
        case wrongMessage = "wrong_message"
    }

    public var kind: Kind
    /// The peer's name, or what is known of the caller.
    public var caller: String
    public var text: String

    public init(kind: Kind, caller: String, text: String) {
        self.kind = kind
        self.caller = caller
        self.text = text
    }
}

/// Takes notices; called from any thread, must not block.
public typealias PeerNoticeSink = @Sendable (PeerNotice) -> Void
