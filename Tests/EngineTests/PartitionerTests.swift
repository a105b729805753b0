import EngineTables
import NornABI
import Testing

@Suite struct PartitionerTests {
    /// Vectors of the reference implementation's own sanity check (xxHash 0.8, XXH64, seed 0): the first `count`
    /// bytes of its test buffer.
    private static let vectors: [(count: Int, hash: UInt64)] = [
        (0, 0xEF46_DB37_51D8_E999),
        (1, 0xE934_A84A_DB05_2768),
        (4, 0x9136_A0DC_A574_57EE),
        (14, 0x8282_DCC4_994E_35C8),
        (222, 0xB641_AE8C_B691_C174),
    ]

    @Test func hashesAsPublished() {
        var generator: UInt64 = 2_654_435_761
        let buffer = (0..<222).map { _ in
            defer { generator &*= 11_400_714_785_074_694_797 }
            return UInt8(generator >> 56)
        }
        for vector in Self.vectors {
            #expect(tables_xxh64_of(buffer, UInt64(vector.count)) == vector.hash)
        }
        let text = Array("abc".utf8)
        #expect(tables_xxh64_of(text, 3) == 0x44BC_2CF5_AD77_0999)
    }

    @Test func hashesPiecesAsTheWhole() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 31) }
        for count in 0...300 {
            var hash = tables_xxh64()
            tables_xxh64_begin(&hash)
            var start = 0
            for piece in sequence(first: 1, next: { $0 * 3 % 41 }) {
                let end = min(start + piece, count)
                bytes[start..<end].withUnsafeBytes { tables_xxh64_update(&hash, $0.baseAddress, UInt64($0.count)) }
                start = end
                if start == count { break }
            }
            #expect(tables_xxh64_end(&hash) == tables_xxh64_of(bytes, UInt64(count)))
        }
    }

    /// Places that must never change: tables of all engines and releases rely on them.
    @Test(arguments: EngineName.allCases)
    func placesEqualKeysEquallyInEveryEngine(_ name: EngineName) throws {
        let session = try EngineSession(name)
        for partitions in [1, 4, 13] as [UInt32] {
            let rows = (0..<200).map { Row("key-\($0)", "") }
            let found = try session.partitions(session.table(rows, partitions: partitions))
            for row in rows {
                let hash = tables_xxh64_of(row.key, UInt64(row.key.count))
                let partition = Int(((hash >> 32) * UInt64(partitions)) >> 32)
                #expect(found[partition].contains(row))
            }
        }
    }
}
