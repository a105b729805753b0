import Testing

@testable import NornWorkers

@Suite struct BlackBoxTests {
    /// A box of the layout of norn_black_box.h, with this content.
    static func box(_ fill: (inout [UInt8]) -> Void) -> BlackBox {
        var bytes = [UInt8](repeating: 0, count: BlackBox.byteCount)
        bytes.replaceSubrange(0..<8, with: "NORNBOX1".utf8)
        fill(&bytes)
        return BlackBox(bytes: bytes)
    }

    static func put(_ text: String, at offset: Int, in bytes: inout [UInt8]) {
        bytes.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }

    @Test func readsTheRingsOldestFirst() {
        let box = Self.box { bytes in
            bytes[8] = 5
            bytes[32] = 66  // 66 calls went through a ring of 64: the oldest two are gone
            for call in 0..<66 { Self.put("call\(call)\0\0", at: 344 + call % 64 * 32 + 8, in: &bytes) }
            bytes[40] = 2
            for (line, text) in ["one", "two"].enumerated() {
                bytes[2392 + line * 256 + 12] = 3
                Self.put(text, at: 2392 + line * 256 + 16, in: &bytes)
            }
        }
        #expect(box.phase == "running")
        #expect(box.lastCalls.count == 64)
        #expect(box.lastCalls.first == "call2")
        #expect(box.lastCalls.last == "call65")
        #expect(box.lastLines == ["one", "two"])
        #expect(box.currentCall == nil)
    }

    @Test func takesNoCountAtItsWord() {
        let box = Self.box { bytes in
            for offset in 8..<64 { bytes[offset] = 0xFF }
            for line in 0..<16 {
                for offset in 0..<256 { bytes[2392 + line * 256 + offset] = 0xFF }
            }
        }
        #expect(box.phase == "")
        #expect(box.lastCalls.isEmpty)
        #expect(box.lastLines.count == 16)
    }

    @Test func readsNothingFromABoxThatWasNeverOpened() {
        let box = BlackBox(bytes: [UInt8](repeating: 0, count: BlackBox.byteCount))
        #expect(box.phase == "")
        #expect(box.note == nil)
        #expect(box.lastCalls.isEmpty)
    }
}
