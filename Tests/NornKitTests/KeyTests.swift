import NornKit
import Testing

@Suite struct KeyTests {
    @Test func encodesTextAndIntegersWithTheirTags() {
        #expect(hex(Key.text("id").encoded) == "016964")
        #expect(hex(Key.int(Int64.min).encoded) == "020000000000000000")
        #expect(hex(Key.int(-1).encoded) == "027fffffffffffffff")
        #expect(hex(Key.int(0).encoded) == "028000000000000000")
        #expect(hex(Key.int(Int64.max).encoded) == "02ffffffffffffffff")
    }

    @Test(arguments: [Key.text("a"), .text(""), .int(-5), .raw([3, 1]), .raw([2, 0]), .raw([1, 0xff])])
    func readsBackWhatItEncodes(key: Key) {
        let back = key.encoded.withUnsafeBytes { Key(encoded: $0) }
        #expect(back == key)
        #expect(back.hashValue == key.hashValue)
    }

    @Test func ordersAsItsBytes() {
        let keys: [Key] = [
            .int(3), .text("b"), .text("ab"), .text("\u{e9}"), .int(-1), .raw([9]), .text("a"), .text("z"),
        ]
        let byBytes = keys.sorted { $0.encoded.lexicographicallyPrecedes($1.encoded) }
        #expect(keys.sorted() == byBytes)
        // Canonically equivalent texts are different ids.
        #expect(Key.text("\u{e9}") != Key.text("e\u{301}"))
    }
}
