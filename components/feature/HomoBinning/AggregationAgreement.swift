import NornCrypto
import NornKit

/// How parties with rows agree on masks past the arbiter.
enum AggregationAgreement {
    /// Exchanges public keys and compares what all have seen.
    static func masks(_ context: HomoBinningContext) async throws -> PairwiseMasks {
        let owners = context.owners
        guard let own = owners.firstIndex(of: context.party) else {
            throw ComponentError(.failedPrecondition, "HomoFeatureBinning has no role \(context.role).", fault: .user)
        }
        if owners.count < 3 {
            context.log.warning(
                "[WARN] only \(owners.count) parties have rows: from the ranks and its own values each can tell the other's"
            )
        }
        let key = try AggregationKey()
        let others = owners.filter { $0 != context.party }
        for other in others {
            try await context.federation.sendBytes(key.publicKey, name: HomoBinningMessage.key, to: other)
        }
        var keys: [[UInt8]] = []
        for owner in owners {
            keys.append(
                owner == context.party
                    ? key.publicKey
                    : try await context.federation.receiveBytes(name: HomoBinningMessage.key, from: owner))
        }
        let seen = try SHA512.digest(keys.flatMap { $0 })
        for other in others {
            try await context.federation.sendBytes(seen, name: HomoBinningMessage.keysSeen, to: other)
        }
        for other in others {
            guard try await context.federation.receiveBytes(name: HomoBinningMessage.keysSeen, from: other) == seen
            else {
                throw ComponentError.peer(
                    other, "it has seen other keys than this party: somebody changed one on its way")
            }
        }
        let identity = context.identity
        let purpose = Array("\(identity.job)/\(identity.task)/\(identity.attempt)".utf8)
        do { return try key.masks(keys, own: own, context: purpose) } catch CryptoError.badPoint(let place) {
            throw ComponentError.peer(owners[place], "its aggregation key is none that an honest party has")
        }
    }
}

/// Masked counts travel as 64 bits each, little-endian.
enum MaskedCounts {
    static func bytes(_ words: [UInt64]) -> [UInt8] { words.map(\.littleEndian).withUnsafeBytes { Array($0) } }

    static func words(_ bytes: [UInt8], count: Int, from party: Party) throws -> [UInt64] {
        guard bytes.count == count * 8 else {
            throw ComponentError.peer(party, "what it sent is not \(count) masked counts")
        }
        return bytes.withUnsafeBytes { bytes in
            (0..<count).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
    }
}
