/// Numbers as integers with a fixed binary exponent, one exponent for a whole vector. Sums keep the exponent, products
/// add exponents; nothing about magnitudes shows in a ciphertext.
public struct FixedPoint: Sendable, Hashable {
    public static let defaultFractionalBits = 16
    public static let maximumFractionalBits = 100

    public let fractionalBits: Int

    public init(fractionalBits: Int = defaultFractionalBits) {
        precondition(0...Self.maximumFractionalBits ~= fractionalBits)
        self.fractionalBits = fractionalBits
    }

    /// 2^fractionalBits
    public var scale: Double { Double(sign: .plus, exponent: fractionalBits, significand: 1) }

    /// value · 2^fractionalBits, rounded to nearest, ties to even, as a scalar for ciphertexts.
    /// Throws `outOfRange` for what is not finite or not below 2^62.
    public func scalar(_ value: Double, index: Int = 0) throws(CryptoError) -> Int64 {
        let scaled = (value * scale).rounded(.toNearestOrEven)
        guard abs(scaled) < 0x1p62 else { throw .outOfRange(index: index) }
        return Int64(scaled)
    }

    public func scalars(_ values: [Double]) throws(CryptoError) -> [Int64] {
        var scalars: [Int64] = []
        scalars.reserveCapacity(values.count)
        for (index, value) in values.enumerated() { scalars.append(try scalar(value, index: index)) }
        return scalars
    }

    /// The same as a plaintext to encrypt; below 2^120.
    public func plaintext(_ value: Double, index: Int = 0) throws(CryptoError) -> Int128 {
        let scaled = (value * scale).rounded(.toNearestOrEven)
        guard abs(scaled) < 0x1p120 else { throw .outOfRange(index: index) }
        return Int128(scaled)
    }

    public func plaintexts(_ values: [Double]) throws(CryptoError) -> [Int128] {
        var plaintexts: [Int128] = []
        plaintexts.reserveCapacity(values.count)
        for (index, value) in values.enumerated() { plaintexts.append(try plaintext(value, index: index)) }
        return plaintexts
    }

    public func value(_ plaintext: Int128) -> Double { Double(plaintext) / scale }

    /// The encoding of products of numbers in the two encodings.
    public static func * (left: FixedPoint, right: FixedPoint) -> FixedPoint {
        FixedPoint(fractionalBits: left.fractionalBits + right.fractionalBits)
    }
}
