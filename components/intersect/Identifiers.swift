import NornCrypto
import NornKit

/// A table's ids as they are encoded, in random order: the order in which points of them travel.
struct Identifiers: Sendable {
    /// More would not fit 32-bit offsets of a block.
    static let mostIdentifiers = 1 << 31
    /// Points of a message: 2 MiB.
    static let blockSize = 65_536

    private let bytes: [UInt8]
    private let starts: [Int]
    /// position in the random order to row read
    private let order: [Int]

    init(of table: Table, context: IntersectionContext) async throws {
        guard table.count < Self.mostIdentifiers else {
            throw ComponentError.invalid(field: "data", "\(table.count) ids are too many for one intersection")
        }
        var bytes: [UInt8] = []
        var starts = [0]
        starts.reserveCapacity(table.count + 1)
        try await table.forEachBatch { batch in
            for row in 0..<batch.rows {
                bytes += batch.keyBytes(at: row)
                starts.append(bytes.count)
            }
        }
        self.bytes = bytes
        self.starts = starts
        var generator = try context.randomNumberGenerator()
        order = (0..<starts.count - 1).shuffled(using: &generator)
    }

    var count: Int { order.count }

    func key(_ position: Int) -> Key {
        bytes.withUnsafeBytes { bytes in
            Key(encoded: UnsafeRawBufferPointer(rebasing: bytes[starts[order[position]]..<starts[order[position] + 1]]))
        }
    }

    /// H(id) of some positions.
    func points(_ positions: Range<Int>, tag: [UInt8], on loop: ThreadLoop) throws -> CurvePoints {
        var messages: [UInt8] = []
        var offsets: [UInt32] = [0]
        for position in positions {
            messages += bytes[starts[order[position]]..<starts[order[position] + 1]]
            offsets.append(UInt32(messages.count))
        }
        return try CurvePoints(hashing: messages, offsets: offsets, tag: tag, on: loop)
    }
}

/// Cuts 0 ..< count into blocks.
func blocks(_ count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: Identifiers.blockSize).map { $0..<min(count, $0 + Identifiers.blockSize) }
}

/// Random bytes of every party; their digest is this job's salt.
struct SaltShare: Codable, Sendable {
    static let byteCount = 32
    var share: [UInt8]
    /// how many ids the sender has
    var count: Int
}

struct JobSalt: Codable, Sendable {
    var shares: [[UInt8]]
    var count: Int

    /// The domain-separation tag of this job's hash to the curve: the protocol's name and a digest of salt and shares.
    func tag(_ parameters: IntersectionParameters) throws -> [UInt8] {
        var salted = shares.flatMap { $0 }
        salted += Array(parameters.ecdh.salt.utf8)
        return Array("NORN-V01-PSI-with-curve25519_XMD:SHA-512_ELL2_NU_".utf8) + (try SHA512.digest(salted))
    }
}

enum IntersectionMessage {
    static let saltShare = "salt_share"
    static let salt = "salt"
    static let guestPoints = "guest_points"
    static let hostPoints = "host_points"
    static let guestPointsTwice = "guest_points_twice"
    static let common = "common"
}

extension IntersectionContext {
    var loop: ThreadLoop { ThreadLoop(width: cores) }

    /// A peer's points, checked one by one.
    func points(_ bytes: [UInt8], _ count: Int, from party: Party) throws -> CurvePoints {
        do {
            let points = try CurvePoints(checking: bytes)
            guard points.count == count else { throw CryptoError.badLength(expected: count * 32, found: bytes.count) }
            return points
        } catch {
            throw ComponentError.peer(party, "its points are refused: \(error)")
        }
    }

    func checkCount(_ count: Int, of party: Party) throws {
        guard 0..<Identifiers.mostIdentifiers ~= count else {
            throw ComponentError.peer(party, "it says that it has \(count) ids")
        }
    }
}
