import Crypto
import Foundation
import Synchronization

/// Callers whose secrets were looked up a moment ago. A revocation here takes them out at once; one by another
/// scheduler of the site counts when the moment is over.
final class KnownCallers: Sendable {
    static let callersMaximum = 1024
    static let milliseconds: Int64 = 1000

    private struct Known {
        var caller: Caller
        var until: Int64
    }

    private struct State {
        var callers: [SHA256.Digest: Known] = [:]
        /// Raised by every revocation: what was looked up before is not kept after it.
        var revocations = 0
    }

    private let state = Mutex(State())

    /// The caller who shows the secret with this digest.
    func caller(_ digest: SHA256.Digest, lookUp: () async throws -> Caller?) async throws -> Caller? {
        let now = Clocks.monotonicMilliseconds()
        let (known, revocations) = state.withLock { ($0.callers[digest], $0.revocations) }
        if let known, now < known.until { return known.caller }
        guard let caller = try await lookUp() else { return nil }
        state.withLock { state in
            guard state.revocations == revocations else { return }
            if state.callers.count >= Self.callersMaximum { state.callers = [:] }
            state.callers[digest] = Known(caller: caller, until: now + Self.milliseconds)
        }
        return caller
    }

    /// A token was taken back, or replaced.
    func forgetAll() {
        state.withLock { state in
            state.callers = [:]
            state.revocations += 1
        }
    }
}
