import CNornCrypto
import Testing

@testable import NornCrypto

private func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).map { UInt8($0 < 58 ? $0 - 48 : $0 - 87) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

private func hashed(_ messages: [String], tag: String) throws -> CurvePoints {
    var offsets: [UInt32] = [0]
    for message in messages { offsets.append(offsets[offsets.count - 1] + UInt32(message.utf8.count)) }
    return try CurvePoints(hashing: messages.flatMap { Array($0.utf8) }, offsets: offsets, tag: Array(tag.utf8))
}

@Suite struct X25519Tests {
    /// RFC 7748, section 5.2, in both implementations.
    @Test(arguments: [false, true]) func knownVectors(isPortable: Bool) throws {
        let vectors = [
            (
                "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
            ),
            (
                "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
            ),
        ]
        for (scalar, point, result) in vectors {
            let points = CurvePoints(unchecked: bytes(point))
            let product = try CurveScalar(bytes: bytes(scalar)).multiply(points, isPortable: isPortable)
            #expect(product.bytes == bytes(result))
        }
    }

    /// RFC 7748, section 5.2: iterated from 9, once and a thousand times.
    @Test func iteratedVectors() throws {
        var scalar = [9] + [UInt8](repeating: 0, count: 31)
        var point = scalar
        for round in 1...1000 {
            let product = try CurveScalar(bytes: scalar).multiply(CurvePoints(unchecked: point)).bytes
            (point, scalar) = (scalar, product)
            if round == 1 {
                #expect(scalar == bytes("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"))
            }
        }
        #expect(scalar == bytes("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"))
    }

    @Test func twoScalarsCommuteInBothImplementations() throws {
        let points = try hashed((0..<21).map { "id \($0)" }, tag: "commute")
        let (a, b) = (try CurveScalar(), try CurveScalar())
        let both = try b.multiply(a.multiply(points))
        #expect(try a.multiply(b.multiply(points)) == both)
        #expect(try a.multiply(b.multiply(points, isPortable: true), isPortable: true) == both)
        #expect(try a.multiply(points, on: ThreadLoop(width: 2)) == a.multiply(points))
        #expect(Set((0..<21).map { Array(both[$0]) }).count == 21)
    }

    @Test func badPointsAreRefusedByPosition() throws {
        let good = try hashed(["x"], tag: "t").bytes
        let zero = [UInt8](repeating: 0, count: 32)
        let one = [1] + [UInt8](repeating: 0, count: 31)
        let order8 = bytes("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")
        let other8 = bytes("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")
        let minusOne = bytes("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")
        let p = bytes("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")
        let highBit = bytes("09000000000000000000000000000000000000000000000000000000000000") + [0x80]
        for bad in [zero, one, order8, other8, minusOne, p, highBit] {
            #expect(throws: CryptoError.badPoint(index: 1)) { try CurvePoints(checking: good + bad + good) }
        }
        #expect(throws: CryptoError.badLength(expected: 32, found: 33)) { try CurvePoints(checking: good + [1]) }
        #expect(try CurvePoints(checking: good + good).count == 2)
        for isPortable in [false, true] {
            #expect(throws: CryptoError.badPoint(index: 1)) {
                try CurveScalar().multiply(CurvePoints(unchecked: good + order8), isPortable: isPortable)
            }
        }
    }
}

@Suite struct HashToCurveTests {
    static let tag = "QUUX-V01-CS02-with-curve25519_XMD:SHA-512_ELL2_NU_"

    /// RFC 9380, J.4.2: Q.x, the map's result before the cofactor is cleared.
    @Test func knownVector() throws {
        let point = try hashed([""], tag: Self.tag)
        let expected = bytes("51125222da5e763d97f3c10fcc92ea6860b9ccbbd2eb1285728f566721c1e65b")
        #expect(point.bytes == Array(expected.reversed()))
    }

    /// u[0] of the same vector through the portable map.
    @Test func portableMapAgrees() throws {
        let element = Array(bytes("608d892b641f0328523802a6603427c26e55e6f27e71a91a478148d45b5093cd").reversed())
        var out = [UInt8](repeating: 0, count: 32)
        norn_map_to_curve25519(element, &out)
        #expect(out == (try hashed([""], tag: Self.tag).bytes))
    }

    @Test func tagsAndMessagesSeparate() throws {
        let points = try hashed(["a", "b", ""], tag: "one")
        #expect(Set((0..<3).map { Array(points[$0]) }).count == 3)
        #expect(try hashed(["a"], tag: "two").bytes != Array(points[0]))
        #expect(throws: CryptoError.badLength(expected: 255, found: 0)) { try hashed(["a"], tag: "") }
    }

    @Test func hashedPointsAreFitToSend() throws {
        let points = try hashed((0..<100).map(String.init), tag: "fit")
        #expect(try CurvePoints(checking: points.bytes) == points)
    }
}
