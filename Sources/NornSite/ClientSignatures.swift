import Crypto
import Foundation
import Synchronization

/// A call that a client signed, as FATE 1.11's clients do.
public struct SignedCall: Sendable {
    /// Milliseconds since 1970 by the client's clock, as text.
    public var timestamp: String
    public var nonce: String
    public var appKey: String
    /// Base64 of the HMAC.
    public var signature: String
    /// Path and query, as sent.
    public var target: String
    /// What the client may have signed for its JSON body: the body as sent; for an empty object also nothing, since one of
    /// FATE's two clients signs so.
    public var bodies: [[UInt8]]
    /// The fields of a form, sorted and encoded.
    public var form: String

    public init(
        timestamp: String, nonce: String, appKey: String, signature: String, target: String, bodies: [[UInt8]],
        form: String
    ) {
        self.timestamp = timestamp
        self.nonce = nonce
        self.appKey = appKey
        self.signature = signature
        self.target = target
        self.bodies = bodies
        self.form = form
    }
}

/// Checks signatures of FATE's clients: base64(HMAC-SHA1(secret, timestamp, nonce, app key, target, body and form, a line
/// each)), FATE-Flow 1.11 `hook/flow/client_authentication.py`. Each is good once, within a minute of this site's clock.
public final class ClientSignatures: Sendable {
    public static let windowMilliseconds: Int64 = 60_000
    /// Nonces that are remembered; beyond them calls are refused until some are over.
    static let noncesMaximum = 200_000
    static let textBytesMaximum = 256

    private let tokens: TokenOffice
    /// What was signed before is refused: which of it came already is not known any more.
    private let since: Int64
    private let used = Mutex(UsedNonces())

    init(tokens: TokenOffice, since: Int64 = Clocks.wallMilliseconds()) {
        self.tokens = tokens
        self.since = since
    }

    /// Who signed the call.
    /// - Throws: `signature_not_valid`, with what is wrong with it.
    public func caller(of call: SignedCall, now: Int64 = Clocks.wallMilliseconds()) async throws -> Caller {
        let texts = [call.timestamp, call.nonce, call.appKey, call.signature]
        guard texts.allSatisfy({ !$0.isEmpty && $0.utf8.count <= Self.textBytesMaximum }) else {
            throw Self.refusal("the call needs the headers TIMESTAMP, NONCE, APP_KEY and SIGNATURE")
        }
        guard let time = Int64(call.timestamp),
            abs(time.subtractingReportingOverflow(now).partialValue) <= Self.windowMilliseconds
        else {
            throw Self.refusal(
                "TIMESTAMP is more than \(Self.windowMilliseconds / 1000) seconds from this site's clock",
                hint: "Set the clocks of both machines")
        }
        guard time >= since else {
            throw Self.refusal("the call was signed before this site started", hint: "Send it again")
        }
        // The same words for an unknown key and a wrong signature: nobody learns which keys there are.
        let wrong = Self.refusal("APP_KEY and SIGNATURE do not fit together", hint: "Check the app key and its secret")
        guard let (secret, caller) = try await tokens.signer(call.appKey), Self.isSigned(call, by: secret) else {
            throw wrong
        }
        guard
            used.withLock({ $0.claim("\(call.appKey)\n\(call.nonce)", until: time + Self.windowMilliseconds, now: now) }
            )
        else { throw Self.refusal("the call was sent before: its NONCE is used", hint: "Sign each call anew") }
        return caller
    }

    private static func isSigned(_ call: SignedCall, by secret: String) -> Bool {
        guard let signature = Data(base64Encoded: call.signature) else { return false }
        let key = SymmetricKey(data: Data(secret.utf8))
        return call.bodies.contains { body in
            let lines: [[UInt8]] = [
                Array(call.timestamp.utf8), Array(call.nonce.utf8), Array(call.appKey.utf8), Array(call.target.utf8),
                body, Array(call.form.utf8),
            ]
            return HMAC<Insecure.SHA1>.isValidAuthenticationCode(
                signature, authenticating: Data(lines.joined(separator: [10])), using: key)
        }
    }

    private static func refusal(_ why: String, hint: String? = nil) -> SiteError {
        SiteError("signature_not_valid", "Authentication failed: \(why)", hint: hint)
    }
}

/// Nonces until the time from which their calls are too old anyway.
struct UsedNonces {
    private var ends: [String: Int64] = [:]
    /// When those that are over are looked for again.
    private var nextSweep: Int64 = 0
    static let sweepMilliseconds: Int64 = 5_000

    /// False for one that is used, or when no more can be remembered.
    mutating func claim(_ nonce: String, until end: Int64, now: Int64) -> Bool {
        if now >= nextSweep {
            ends = ends.filter { $0.value >= now }
            nextSweep = now + Self.sweepMilliseconds
        }
        guard ends[nonce] == nil, ends.count < ClientSignatures.noncesMaximum else { return false }
        ends[nonce] = end
        return true
    }
}
