import NornManifest
import Testing

@Suite("CBOR")
struct CBORTests {
    static func bytes(_ hexadecimal: String) -> [UInt8] {
        var digits = Array(hexadecimal)[...]
        var bytes: [UInt8] = []
        while let high = digits.popFirst()?.hexDigitValue, let low = digits.popFirst()?.hexDigitValue {
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }

    @Test(
        "Values have the bytes of RFC 8949, appendix A",
        arguments: [
            (CBOR.int(0), "00"), (.int(23), "17"), (.int(24), "1818"), (.int(1000), "1903e8"),
            (.int(1_000_000), "1a000f4240"), (.int(1_000_000_000_000), "1b000000e8d4a51000"), (.int(-1), "20"),
            (.int(-1000), "3903e7"), (.int(.min), "3b7fffffffffffffff"), (.double(1.1), "fb3ff199999999999a"),
            (.bool(false), "f4"), (.bool(true), "f5"), (.null, "f6"), (.bytes([1, 2, 3, 4]), "4401020304"),
            (.text("ü"), "62c3bc"), (.array([1, [2, 3]]), "8201820203"),
            (["a": 1, "b": [2, 3]], "a26161016162820203"),
            (["b": 1, "aa": 2, "a": 3], "a361610361620162616102"),
        ] as [(CBOR, String)])
    func vectors(value: CBOR, hexadecimal: String) throws {
        #expect(value.encoded() == Self.bytes(hexadecimal))
        #expect(try CBOR(decoding: Self.bytes(hexadecimal), requireDeterministic: true) == value)
    }

    @Test("Shorter floats and longer integers of other writers are read, but are not deterministic")
    func otherWidths() throws {
        #expect(try CBOR(decoding: Self.bytes("f93c00")) == .double(1))
        #expect(try CBOR(decoding: Self.bytes("f97bff")) == .double(65504))
        #expect(try CBOR(decoding: Self.bytes("f90001")) == .double(5.960464477539063e-8))
        #expect(try CBOR(decoding: Self.bytes("fa47c35000")) == .double(100000))
        #expect(try CBOR(decoding: Self.bytes("1801")) == .int(1))
        #expect { try CBOR(decoding: Self.bytes("1801"), requireDeterministic: true) } throws: {
            ($0 as? CBORError)?.code == .notDeterministic
        }
    }

    @Test(
        "Wrong bytes are refused with their code",
        arguments: [
            ("", CBORError.Code.truncated), ("18", .truncated), ("62c3", .truncated),
            ("9bffffffffffffffff", .truncated),
            ("5b7fffffffffffffff00", .truncated), ("0000", .trailingBytes), ("9fff", .unsupported),
            ("c000", .unsupported), ("a10000", .unsupported), ("1bffffffffffffffff", .unsupported),
            ("f8ff", .unsupported),
            ("61ff", .badText), ("a2616100616101", .duplicateKey), ("baffffffff", .truncated),
        ])
    func refusals(hexadecimal: String, code: CBORError.Code) {
        #expect { try CBOR(decoding: Self.bytes(hexadecimal)) } throws: { ($0 as? CBORError)?.code == code }
    }

    @Test("Depth and size have limits")
    func limits() {
        let deep = [UInt8](repeating: 0x81, count: 65) + [0]
        #expect { try CBOR(decoding: deep) } throws: { ($0 as? CBORError)?.code == .tooDeep }
        #expect(throws: Never.self) { try CBOR(decoding: deep.dropFirst()) }
        #expect { try CBOR(decoding: deep, limits: CBORLimits(bytes: 8)) } throws: {
            ($0 as? CBORError)?.code == .tooLarge
        }
    }

    @Test("Random bytes never crash the reader, and what it reads it writes so that it reads the same")
    func randomBytes() throws {
        var generator = SplitMix(seed: 1)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            guard let value = try? CBOR(decoding: bytes) else { continue }
            let again = try CBOR(decoding: value.encoded(), requireDeterministic: true)
            #expect(again.encoded() == value.encoded())
        }
    }

    @Test("JSON goes to CBOR and back; bytes have no JSON")
    func json() throws {
        let json: JSON = ["a": [1, 2.5, "x", nil, true], "b": ["c": -1]]
        #expect(JSON(CBOR(json)) == json)
        #expect(JSON(CBOR.array([.bytes([1])])) == nil)
    }
}

/// A small generator with a seed, so that a failure can be repeated (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
