/// Sums of vectors of which nobody sees a summand: every two senders agree on masks that one adds and the other
/// subtracts, so that they cancel in the sum of all (Bonawitz et al., "Practical Secure Aggregation for Privacy-Preserving
/// Machine Learning", CCS 2017, without its recovery: where one sender is missing, what is there says nothing).
///
/// Vectors are integers modulo 2⁶⁴, so masks are uniform and cancel exactly.
public struct AggregationKey: Sendable {
    private let scalar: CurveScalar
    /// 32 bytes, for the other senders
    public let publicKey: [UInt8]

    /// A fresh one: for one attempt of one job.
    public init() throws {
        scalar = try CurveScalar()
        // The base point of X25519 (RFC 7748).
        let base = try CurvePoints(checking: [9] + [UInt8](repeating: 0, count: CurvePoints.bytesEach - 1))
        publicKey = try scalar.multiply(base).bytes
    }

    /// What this sender and others share.
    /// - Parameters:
    ///   - keys: the public keys of all senders in an order that is the same for all
    ///   - own: this sender's place among them
    ///   - context: says what for: job, task, attempt; the same for all
    /// - Throws: `badPoint` with the place of a key that no honest sender has, which includes this sender's own key at
    ///   another place: both would cancel each other and leave a sum unmasked
    public func masks(_ keys: [[UInt8]], own: Int, context: [UInt8]) throws -> PairwiseMasks {
        var secrets: [PairwiseMasks.Secret] = []
        for (place, key) in keys.enumerated() where place != own {
            guard key.count == CurvePoints.bytesEach, key != publicKey else {
                throw CryptoError.badPoint(index: place)
            }
            let shared: [UInt8]
            do {
                shared = try scalar.multiply(try CurvePoints(checking: key)).bytes
            } catch { throw CryptoError.badPoint(index: place) }
            let (first, second) = own < place ? (publicKey, key) : (key, publicKey)
            let seed = try SHA512.digest(Self.domain + shared + first + second + context)
            secrets.append(PairwiseMasks.Secret(seed: seed, adds: own < place))
        }
        return PairwiseMasks(secrets: secrets)
    }

    private static let domain = Array("norn secure aggregation 1".utf8)
}

/// A sender's masks.
public struct PairwiseMasks: Sendable {
    struct Secret: Sendable {
        let seed: [UInt8]
        /// of two senders the one of the lower place adds
        let adds: Bool
    }

    let secrets: [Secret]

    /// A vector under masks of its own.
    /// - Parameter round: a name that no other vector of this attempt has: masks that are used twice tell differences
    public func masked(_ values: [Int64], round: String) throws -> [UInt64] {
        var words = values.map(UInt64.init(bitPattern:))
        for secret in secrets {
            let key = Array(try SHA512.digest(secret.seed + Array(round.utf8)).prefix(32))
            let mask = try ChaCha20.words(words.count, key: key)
            for index in words.indices {
                words[index] = secret.adds ? words[index] &+ mask[index] : words[index] &- mask[index]
            }
        }
        return words
    }

    /// The sum of what all senders sent: masks are gone where none is missing.
    /// - Throws: `badLength` when the vectors are not of one length.
    public static func sum(_ vectors: [[UInt64]]) throws(CryptoError) -> [Int64] {
        var sum = [UInt64](repeating: 0, count: vectors.first?.count ?? 0)
        for vector in vectors {
            guard vector.count == sum.count else { throw .badLength(expected: sum.count, found: vector.count) }
            for index in sum.indices { sum[index] &+= vector[index] }
        }
        return sum.map(Int64.init(bitPattern:))
    }
}
