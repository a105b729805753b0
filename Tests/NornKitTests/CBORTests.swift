import NornKit
import Testing

@Suite struct CBORTests {
    /// RFC 8949, appendix A, where its examples are what Norn writes.
    static let vectors: [Vector] = [
        Vector(0, "00"), Vector(10, "0a"), Vector(23, "17"), Vector(24, "1818"), Vector(100, "1864"),
        Vector(1000, "1903e8"), Vector(1_000_000, "1a000f4240"), Vector(1_000_000_000_000, "1b000000e8d4a51000"),
        Vector(CBOR.unsigned(UInt64.max), "1bffffffffffffffff"), Vector(-1, "20"), Vector(-10, "29"),
        Vector(-100, "3863"), Vector(-1000, "3903e7"), Vector(CBOR.int(Int64.min), "3b7fffffffffffffff"),
        Vector(1.1, "fb3ff199999999999a"), Vector(-4.1, "fbc010666666666666"), Vector(1.0e+300, "fb7e37e43c8800759c"),
        Vector(false, "f4"), Vector(true, "f5"), Vector(nil, "f6"), Vector(CBOR.bytes([]), "40"),
        Vector(CBOR.bytes([1, 2, 3, 4]), "4401020304"), Vector("", "60"), Vector("a", "6161"),
        Vector("IETF", "6449455446"), Vector("\"\\", "62225c"), Vector("\u{fc}", "62c3bc"),
        Vector("\u{6c34}", "63e6b0b4"), Vector([], "80"), Vector([1, 2, 3], "83010203"),
        Vector([1, [2, 3], [4, 5]], "8301820203820405"), Vector([:], "a0"),
        Vector(["a": 1, "b": [2, 3]], "a26161016162820203"),
    ]

    struct Vector: Sendable {
        let value: CBOR
        let hexadecimal: String

        init(_ value: CBOR, _ hexadecimal: String) {
            self.value = value
            self.hexadecimal = hexadecimal
        }
    }

    @Test(arguments: vectors)
    func encodesAndDecodesTheStandardsExamples(vector: Vector) throws {
        #expect(hex(vector.value.encoded()) == vector.hexadecimal)
        #expect(try CBOR(decoding: bytes(vector.hexadecimal)) == vector.value)
    }

    @Test func sortsKeysByTheirEncodedBytes() {
        let map: CBOR = ["aa": 1, "b": 2, "a": 3]
        #expect(hex(map.encoded()) == "a3616103616202626161" + "01")
    }

    @Test(arguments: [
        "", "18", "1b00000000000000", "61", "62ff61", "5f4101ff", "9f01ff", "bf6161 01ff", "c001", "0000", "a1016161",
        "a2616101616102", "f0", "fc", "61ff", "9bffffffffffffffff", "5bffffffffffffffff",
    ])
    func refusesWhatNornNeverWrites(hexadecimal: String) {
        #expect(throws: ComponentError.self) { try CBOR(decoding: bytes(hexadecimal)) }
    }

    @Test func refusesNestingBeyondItsLimit() throws {
        let deepest = [UInt8](repeating: 0x81, count: CBOR.maximumDepth - 1) + [0]
        #expect(throws: Never.self) { try CBOR(decoding: deepest) }
        #expect(throws: ComponentError.self) { try CBOR(decoding: [0x81] + deepest) }
    }

    @Test func roundTripsStructsByCodable() throws {
        let value = Everything()
        let bytes = try CBOREncoder().encode(value)
        #expect(try CBORDecoder().decode(Everything.self, from: bytes) == value)
        // Bytes are bytes, not a list of integers.
        #expect(try CBOR(decoding: bytes)["bytes"] == .bytes([1, 2, 255]))
    }

    @Test func writesAbsentOptionalsAsNull() throws {
        #expect(try CBOREncoder().value(of: Everything())["absent"] == .null)
    }

    @Test func readsIntegersWhereDoublesAreWantedAndBack() throws {
        let decoder = CBORDecoder()
        #expect(try decoder.decode([String: Double].self, from: ["a": 1]) == ["a": 1.0])
        #expect(try decoder.decode([String: Int].self, from: ["a": 2.0]) == ["a": 2])
        #expect(throws: ComponentError.self) { try decoder.decode([String: Int].self, from: ["a": 2.5]) }
        #expect(throws: ComponentError.self) { try decoder.decode([String: UInt8].self, from: ["a": 256]) }
    }

    @Test func namesTheFieldOfAnError() throws {
        let wrong: CBOR = ["inner": ["numbers": [1, "two"]]]
        let error = try #require(throws: ComponentError.self) { try CBORDecoder().decode(Outer.self, from: wrong) }
        #expect(error.field == "inner.numbers.1")
        #expect(error.message == "must be a number, not a text")
        let missing = try #require(throws: ComponentError.self) {
            try CBORDecoder().decode(Outer.self, from: ["inner": [:]])
        }
        #expect(missing.field == "inner")
        #expect(missing.message == "numbers is missing")
    }
}

private struct Outer: Codable {
    struct Inner: Codable { let numbers: [Double] }
    let inner: Inner
}

private struct Everything: Codable, Equatable {
    struct Inner: Codable, Equatable {
        var name = "x"
        var list = [[1, 2], []]
    }
    enum Choice: String, Codable { case first, second }

    var absent: Int?
    var present: Int? = 3
    var bytes: [UInt8] = [1, 2, 255]
    var doubles = [1.0, 2.5, -0.0]
    var floats: [Float] = [1.5]
    var map = ["k": 1, "kk": 2]
    var inner = Inner()
    var choice = Choice.second
    var big = UInt64.max
    var small = Int64.min
    var flag = true
    var any: CBOR = ["a": [1, nil, 2.5, .bytes([7])]]
}

func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
