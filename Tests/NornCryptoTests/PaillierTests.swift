import Testing

@testable import NornCrypto

/// Keys are made once: generation is the slow part of these tests.
private enum Keys {
    static let secret = Result { try PaillierPrivateKey(bits: 1024) }
    static let open = Result { try PaillierPublicKey(modulus: secret.get().modulus) }
    static let portable = Result {
        try PaillierPublicKey(modulus: secret.get().modulus, encrypts: true, isPortable: true)
    }
}

@Suite struct PaillierTests {
    let secret: PaillierPrivateKey
    let key: PaillierPublicKey

    init() throws {
        secret = try Keys.secret.get()
        key = try Keys.open.get()
    }

    static let numbers: [Int128] = [
        0, 1, -1, 2, -2, 1 << 40, -(1 << 40), Int128(Int64.max), Int128(Int64.min), (1 << 126) + 12345, -(1 << 126), 77,
        -78,
    ]

    @Test func decryptionGivesBackSignedNumbers() throws {
        #expect(try secret.decrypt(key.encrypt(Self.numbers)) == Self.numbers)
    }

    @Test func encryptionIsFreshEveryTime() throws {
        let first = try key.encrypt([5, 5, 5])
        #expect(Set((0..<3).map { first.rows([$0]).bytes }).count == 3)
        #expect(try key.rerandomised(first) != first)
        #expect(try secret.decrypt(key.rerandomised(first)) == [5, 5, 5])
    }

    @Test func remainderDecryptionAgreesWithTheTextbook() throws {
        let ciphertexts = try key.encrypt(Self.numbers)
        let plain = try secret.decrypt(ciphertexts, usingRemainders: false)
        #expect(plain == Self.numbers)
    }

    @Test func sumsAndAddedPlaintextsAddUp() throws {
        let left: [Int128] = [1, -2, 3, 1 << 90, -5, 6, 7, 8, 9, 10]
        let right: [Int128] = [10, 20, -30, 1 << 90, 50, 60, 70, 80, -90, -100]
        let sum = zip(left, right).map { $0 + $1 }
        #expect(try secret.decrypt(key.sum(key.encrypt(left), key.encrypt(right))) == sum)
        #expect(try secret.decrypt(key.adding(right, to: key.encrypt(left))) == sum)
    }

    @Test func scalingTakesSignedScalars() throws {
        let scalars: [Int64] = [0, 1, -1, 12345, -98765, 1 << 40]
        let numbers: [Int128] = [9, -8, 7, -6, 5, -4]
        let expected = zip(numbers, scalars).map { $0 * Int128($1) }
        #expect(try secret.decrypt(key.scaled(key.encrypt(numbers), by: scalars)) == expected)
    }

    @Test(arguments: [1, 3, 9, 30, 100]) func columnSumsEqualTheNaiveSums(columns: Int) throws {
        let rows = 37
        var random = SplitMix(state: UInt64(columns))
        let numbers = (0..<rows).map { _ in Int128(Int64.random(in: -1_000_000...1_000_000, using: &random)) }
        var scalars = (0..<rows * columns).map { _ in Int64.random(in: -(1 << 26)...(1 << 26), using: &random) }
        scalars[0] = 0
        if columns > 2 { for row in 0..<rows { scalars[rows + row] = 0 } }
        let expected = (0..<columns).map { column in
            (0..<rows).reduce(Int128(0)) { $0 + numbers[$1] * Int128(scalars[column * rows + $1]) }
        }
        let ciphertexts = try key.encrypt(numbers)
        #expect(try secret.decrypt(key.sums(of: ciphertexts, scalars: scalars)) == expected)
        let portable = try Keys.portable.get()
        #expect(try secret.decrypt(portable.sums(of: ciphertexts, scalars: scalars)) == expected)
    }

    @Test func columnSumsTakeTheLargestScalarsAndManyThreads() throws {
        let numbers = (0..<600).map { Int128($0 - 300) }
        var scalars = [Int64](repeating: Int64.max, count: 1200)
        for row in 0..<600 { scalars[600 + row] = row % 2 == 0 ? Int64.min : 1 }
        let expected = (0..<2).map { column in
            (0..<600).reduce(Int128(0)) { $0 + numbers[$1] * Int128(scalars[column * 600 + $1]) }
        }
        let loop = ThreadLoop(width: 3)
        let ciphertexts = try key.encrypt(numbers, on: loop)
        #expect(try secret.decrypt(key.sums(of: ciphertexts, scalars: scalars, on: loop), on: loop) == expected)
    }

    @Test(arguments: [(1, 3), (5, 9), (12, 40)]) func groupSumsAreHistograms(columns: Int, each: Int) throws {
        let rows = 4_500
        var random = SplitMix(state: UInt64(columns))
        let numbers = (0..<rows).map { _ in Int128(Int64.random(in: 0...9, using: &random)) }
        let groups = (0..<rows * columns).map { place in
            Int32.random(in: -1..<Int32(each - 1), using: &random) < 0
                ? -1 : Int32(place / rows * each) + Int32.random(in: 0..<Int32(each - 1), using: &random)
        }
        var expected = [Int128](repeating: 0, count: columns * each)
        for (place, group) in groups.enumerated() where group >= 0 { expected[Int(group)] += numbers[place % rows] }
        let loop = ThreadLoop(width: 2)
        let ciphertexts = try key.encrypt(numbers, on: loop)
        let sums = try key.groupSums(of: ciphertexts, groups: groups, count: expected.count, on: loop)
        #expect(try secret.decrypt(sums, on: loop) == expected)
        let portable = try Keys.portable.get()
        #expect(try portable.groupSums(of: ciphertexts, groups: groups, count: expected.count) == sums)
    }

    @Test func aGroupThatIsNotThereIsRefused() throws {
        let ciphertexts = try key.encrypt([1, 2])
        #expect(throws: CryptoError.self) { try key.groupSums(of: ciphertexts, groups: [0, 3], count: 3) }
        #expect(throws: CryptoError.self) { try key.groupSums(of: ciphertexts, groups: [0], count: 3) }
    }

    @Test func portableAndVectorArithmeticGiveTheSameCiphertexts() throws {
        let portable = try Keys.portable.get()
        let (left, right) = (try key.encrypt(Self.numbers), try portable.encrypt(Self.numbers))
        #expect(try secret.decrypt(right) == Self.numbers)
        #expect(try key.sum(left, right) == portable.sum(left, right))
        let scalars = (0..<Self.numbers.count * 2).map { Int64($0 * $0) - 99 }
        #expect(try key.sums(of: left, scalars: scalars) == portable.sums(of: left, scalars: scalars))
    }

    @Test func portablePrivateKeyDecrypts() throws {
        let secret = try PaillierPrivateKey(bits: 1024, isPortable: true)
        let key = try PaillierPublicKey(modulus: secret.modulus)
        #expect(try secret.decrypt(key.encrypt(Self.numbers)) == Self.numbers)
    }

    @Test func ciphertextsTravelAsBytes() throws {
        let ciphertexts = try key.encrypt(Self.numbers)
        let bytes = ciphertexts.bytes
        #expect(bytes.count == Self.numbers.count * key.bytesPerCiphertext)
        #expect(try key.ciphertexts(bytes: bytes, expected: Self.numbers.count) == ciphertexts)
    }

    @Test func shortKeysAndOddSizesAreRefused() {
        for bits in [0, 512, 1000, 1023, 1025, 8192] {
            #expect(throws: CryptoError.keySize(bits: bits)) { try PaillierPrivateKey(bits: bits) }
        }
        let short = [UInt8](repeating: 255, count: 64)
        #expect(throws: CryptoError.keySize(bits: 512)) { try PaillierPublicKey(modulus: short) }
    }

    @Test func dishonestModuliAreRefused() throws {
        var even = key.modulus
        even[0] &= 0xfe
        #expect(throws: CryptoError.badKey) { try PaillierPublicKey(modulus: even) }
        #expect(throws: CryptoError.badKey) { try PaillierPublicKey(modulus: [UInt8](repeating: 255, count: 128)) }
        var short = key.modulus
        short[127] = 0
        #expect(throws: CryptoError.keySize(bits: 1024)) { try PaillierPublicKey(modulus: short) }
    }

    @Test func badCiphertextsAreRefusedByPosition() throws {
        let good = try key.encrypt([1, 2, 3]).bytes
        let each = key.bytesPerCiphertext
        var zero = good
        for index in each..<2 * each { zero[index] = 0 }
        #expect(throws: CryptoError.badCiphertext(index: 1)) { try key.ciphertexts(bytes: zero, expected: 3) }
        var large = good
        for index in 2 * each..<3 * each { large[index] = 255 }
        #expect(throws: CryptoError.badCiphertext(index: 2)) { try key.ciphertexts(bytes: large, expected: 3) }
        var factor = good  // n itself: shares a factor with n
        factor.replaceSubrange(0..<each, with: key.modulus + [UInt8](repeating: 0, count: each / 2))
        #expect(throws: CryptoError.badCiphertext(index: 0)) { try key.ciphertexts(bytes: factor, expected: 3) }
        #expect(throws: CryptoError.badLength(expected: 4 * each, found: 3 * each)) {
            try key.ciphertexts(bytes: good, expected: 4)
        }
    }

    @Test func overflowIsFoundWhenDecrypted() throws {
        let large = try key.scaled(key.encrypt([1, 1 << 126]), by: [1, 8])
        #expect(throws: CryptoError.outOfRange(index: 1)) { try secret.decrypt(large) }
    }
}

@Suite struct FixedPointTests {
    @Test func roundTripIsWithinHalfAStep() throws {
        let fixed = FixedPoint(fractionalBits: 16)
        for value in [0.0, 1.0, -1.0, 0.1, -3.14159, 12345.678, -1e9] {
            let read = fixed.value(try fixed.plaintext(value))
            #expect(abs(read - value) <= 0.5 / fixed.scale)
            #expect(Int128(try fixed.scalar(value)) == (try fixed.plaintext(value)))
        }
    }

    @Test func largeAndNonFiniteNumbersAreRefusedByPosition() {
        let fixed = FixedPoint(fractionalBits: 40)
        #expect(throws: CryptoError.outOfRange(index: 1)) { try fixed.scalars([1, 1e7]) }
        #expect(throws: CryptoError.outOfRange(index: 2)) { try fixed.scalars([1, 2, .nan]) }
        #expect(throws: CryptoError.outOfRange(index: 0)) { try fixed.plaintexts([.infinity]) }
    }

    @Test func productsAddExponents() throws {
        let (left, right) = (FixedPoint(fractionalBits: 10), FixedPoint(fractionalBits: 23))
        let product = try left.plaintext(1.5) * right.plaintext(-2.25)
        #expect((left * right).value(product) == -3.375)
    }
}

/// A small generator with a seed, so that a failure can be run again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
