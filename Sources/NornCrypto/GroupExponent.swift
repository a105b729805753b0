import CNornCrypto

/// A secret exponent of a group modulo a safe prime. Powers with two of them commute.
public struct GroupExponent: Sendable {
    /// RFC 7919 (section 5.2) asks for 325 bits with the prime of 4096 and for fewer with shorter ones.
    public static let bits = 384
    private let limbs: [UInt64]

    /// A fresh one from the system's generator.
    public init() throws(CryptoError) { try self.init(bytes: try SystemRandomness.bytes(Self.bits / 8)) }

    /// One that `bytes` gave: a party's own, kept with its cache.
    public init(bytes: [UInt8]) throws(CryptoError) {
        guard bytes.count == Self.bits / 8 else { throw .badLength(expected: Self.bits / 8, found: bytes.count) }
        limbs = words(bytes)
    }

    /// Secret.
    public var bytes: [UInt8] { limbs.withUnsafeBytes(Array.init) }

    public func power(
        _ residues: Residues, in group: ResidueGroup, on loop: some ParallelLoop = SerialLoop()
    ) throws -> Residues {
        try group.power(residues, exponent: limbs, bits: Self.bits, on: loop)
    }
}
