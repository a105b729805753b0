import NornABI
import NornHost
import NornManifest
import Testing

/// The host's CBOR against the examples of RFC 8949, appendix A, and against the site's own coder.
@Suite struct HostCBORTests {
    private func parse(_ bytes: [UInt8]) -> (status: norn_status, kind: norn_cbor_kind, integer: Int64, number: Double)
    {
        bytes.withUnsafeBufferPointer { buffer in
            var value = norn_cbor()
            let status = norn_cbor_parse(norn_bytes(data: buffer.baseAddress, count: UInt64(buffer.count)), &value, nil)
            return (status, value.kind, value.integer, value.number)
        }
    }

    @Test(
        arguments: [
            ([0x00], 0), ([0x17], 23), ([0x18, 0x18], 24), ([0x18, 0x64], 100), ([0x19, 0x03, 0xe8], 1000),
            ([0x1a, 0x00, 0x0f, 0x42, 0x40], 1_000_000), ([0x20], -1), ([0x38, 0x63], -100),
            ([0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Int64.max),
            ([0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Int64.min),
        ] as [([UInt8], Int64)])
    func integersOfTheStandardAreRead(bytes: [UInt8], expected: Int64) {
        let value = parse(bytes)
        #expect(value.status == NORN_OK)
        #expect(value.kind == NORN_CBOR_INTEGER)
        #expect(value.integer == expected)
    }

    @Test(
        arguments: [
            ([0xf9, 0x00, 0x00], 0), ([0xf9, 0x3c, 0x00], 1), ([0xf9, 0x7b, 0xff], 65504),
            ([0xf9, 0x00, 0x01], 5.960464477539063e-8),
            ([0xf9, 0xc4, 0x00], -4), ([0xfa, 0x47, 0xc3, 0x50, 0x00], 100_000),
            ([0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a], 1.1), ([0xf9, 0x7c, 0x00], .infinity),
        ] as [([UInt8], Double)])
    func floatsOfEveryWidthAreRead(bytes: [UInt8], expected: Double) {
        let value = parse(bytes)
        #expect(value.status == NORN_OK)
        #expect(value.number == expected)
    }

    static let malformed: [(String, [UInt8])] = [
        ("nothing", []), ("cut head", [0x19, 0x03]), ("cut text", [0x63, 0x61]), ("cut array", [0x82, 0x01]),
        ("long form", [0x18, 0x17]), ("long length", [0x78, 0x01, 0x61]), ("indefinite", [0x9f, 0x01, 0xff]),
        ("tag", [0xc0, 0x60]), ("undefined", [0xf7]), ("simple", [0xf8, 0xff]), ("break", [0xff]),
        ("trailing", [0x01, 0x02]), ("number as key", [0xa1, 0x01, 0x02]),
        ("key twice", [0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02]),
        ("keys out of order", [0xa2, 0x61, 0x62, 0x01, 0x61, 0x61, 0x02]),
        ("not UTF-8", [0x62, 0xc3, 0x28]), ("surrogate", [0x63, 0xed, 0xa0, 0x80]),
        ("beyond 64 bits", [0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        ("huge array", [0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ]

    @Test(arguments: malformed)
    func malformedInputIsRefused(name: String, bytes: [UInt8]) {
        #expect(parse(bytes).status == NORN_INVALID_ARGUMENT, "\(name)")
    }

    @Test func depthHasALimit() {
        let limit = Int(NORN_CBOR_MAX_DEPTH)
        #expect(parse(Array(repeating: 0x81, count: limit) + [0x00]).status == NORN_OK)
        #expect(parse(Array(repeating: 0x81, count: limit + 1) + [0x00]).status == NORN_INVALID_ARGUMENT)
    }

    @Test func sizeHasALimit() {
        let limit = Int(NORN_CBOR_MAX_BYTES)
        func text(_ whole: Int) -> [UInt8] {
            let count = UInt32(whole - 5)
            return [0x5a] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
                + Array(repeating: 0, count: whole - 5)
        }
        #expect(parse(text(limit)).status == NORN_OK)
        #expect(parse(text(limit + 1)).status == NORN_INVALID_ARGUMENT)
    }

    @Test func writerGivesTheSitesBytesWhateverTheOrderOfKeys() {
        var writer = norn_cbor_writer()
        defer { norn_cbor_writer_free(&writer) }
        norn_cbor_map_begin(&writer)
        norn_cbor_key(&writer, "zebra")
        norn_cbor_write_integer(&writer, -1000)
        norn_cbor_key(&writer, "b")
        norn_cbor_array_begin(&writer)
        norn_cbor_write_null(&writer)
        norn_cbor_write_double(&writer, 1.5)
        norn_cbor_map_begin(&writer)
        norn_cbor_key(&writer, "y")
        norn_cbor_write_bool(&writer, true)
        norn_cbor_key(&writer, "x")
        norn_cbor_write_literal(&writer, "text")
        norn_cbor_map_end(&writer)
        norn_cbor_array_end(&writer)
        norn_cbor_key(&writer, "aa")
        norn_cbor_write_integer(&writer, 70_000)
        norn_cbor_map_end(&writer)
        let written = norn_cbor_written(&writer)
        let expected: CBOR = ["zebra": -1000, "b": [nil, 1.5, ["y": true, "x": "text"]], "aa": 70_000]
        #expect(Array(UnsafeBufferPointer(start: written.data, count: Int(written.count))) == expected.encoded())
    }

    @Test func writerNeverWritesTextThatIsNotUTF8() throws {
        var writer = norn_cbor_writer()
        defer { norn_cbor_writer_free(&writer) }
        let bytes: [CChar] = [0x61, -1, 0x62]
        bytes.withUnsafeBufferPointer {
            norn_cbor_write_text(&writer, norn_string(data: $0.baseAddress, count: 3))
        }
        let written = norn_cbor_written(&writer)
        let value = try CBOR(decoding: UnsafeBufferPointer(start: written.data, count: Int(written.count)))
        #expect(value == "a?b")
    }
}
