import Glibc

/// The disk that payloads of peers may take here, for each peer and in all. A payload is booked when it is announced,
/// before a byte of it is pulled, and given back when its receiver has taken it, when it failed, or when its attempt
/// has ended.
struct PayloadBudget {
    struct Limits: Sendable {
        var bytesPerPeer = MailboxLimits.payloadBytesPerPeer
        var bytes = MailboxLimits.payloadBytes
        /// What an announcement leaves free on the disk of the attempt's folder.
        var freeBytesKept = MailboxLimits.freeBytesKept
    }

    private struct Booking {
        let peer: String
        let byteCount: Int
    }

    private let limits: Limits
    private var bookings: [MailboxKey: Booking] = [:]
    private var bytesOfPeers: [String: Int] = [:]
    private(set) var bytes = 0

    init(_ limits: Limits) { self.limits = limits }

    /// Books a payload; false when it was booked before.
    /// - Parameters:
    ///   - isWanted: a component here waits for it: it comes beyond the limits, or what nobody has asked for yet would
    ///     keep it out for ever.
    ///   - folder: where it will be written, if its attempt has begun.
    /// - Throws: `limitExceeded`, with which the sender's site announces it again later.
    mutating func book(
        _ key: MailboxKey, peer: String, byteCount: Int, isWanted: Bool = false, folder: String?
    ) throws(FederationError) -> Bool {
        guard bookings[key] == nil else { return false }
        let ofPeer = bytesOfPeers[peer, default: 0]
        guard isWanted || byteCount <= limits.bytesPerPeer - ofPeer else {
            throw Self.full("payloads of \(peer) wait here up to its limit of \(limits.bytesPerPeer) bytes", peer)
        }
        guard isWanted || byteCount <= limits.bytes - bytes else {
            throw Self.full("payloads of all peers wait here up to the limit of \(limits.bytes) bytes", peer)
        }
        if let free = folder.flatMap(Self.freeBytes), byteCount > free - limits.freeBytesKept {
            throw Self.full("the disk has no room for \(byteCount) bytes more", peer)
        }
        bookings[key] = Booking(peer: peer, byteCount: byteCount)
        bytesOfPeers[peer] = ofPeer + byteCount
        bytes += byteCount
        return true
    }

    mutating func release(_ key: MailboxKey) {
        guard let booking = bookings.removeValue(forKey: key) else { return }
        bytes -= booking.byteCount
        let left = bytesOfPeers[booking.peer, default: 0] - booking.byteCount
        bytesOfPeers[booking.peer] = left > 0 ? left : nil
    }

    /// Gives back all that an attempt has not taken.
    mutating func release(_ owner: MailboxOwner) {
        for key in bookings.keys where key.attempt == owner.attempt && key.to == owner.party { release(key) }
    }

    private static func full(_ what: String, _ peer: String) -> FederationError {
        FederationError(.limitExceeded, what + ": it is announced again later", peer: peer)
    }

    /// Nil when the folder cannot be asked.
    private static func freeBytes(_ folder: String) -> Int? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        return Int(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
    }
}
