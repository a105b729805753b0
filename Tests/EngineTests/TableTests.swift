import NornABI
import Testing

@Suite struct TableTests {
    @Test(arguments: EngineName.allCases)
    func keepsRowsAscendingInsideAPartition(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let rows = (0..<500).map { Row("key-\($0 * 7919 % 500)", "value-\($0)") }
        let table = try session.table(rows, partitions: 5, batchRows: 37)
        let partitions = try session.partitions(table)
        #expect(partitions.allSatisfy { $0 == $0.sorted() })
        #expect(Set(partitions.joined()) == Set(rows))
        #expect(try session.rows(table) == Array(partitions.joined()))
        #expect(try session.info(table).rows == 500)
    }

    @Test(arguments: EngineName.allCases)
    func keepsTheLastPutOfAKey(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.create(partitions: 2)
        try session.put(table, [Row("a", "1"), Row("b", "1"), Row("a", "2")])
        try session.put(table, [Row("b", "3"), Row("c", "3"), Row("b", "4")])
        try session.seal(table)
        #expect(try session.rows(table).sorted() == [Row("a", "2"), Row("b", "4"), Row("c", "3")])
    }

    @Test(arguments: EngineName.allCases)
    func holdsNoRowsAtAll(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.table([], partitions: 3)
        #expect(try session.rows(table).isEmpty)
        #expect(try session.info(table).rows == 0)
        #expect(try session.get(table, [Array("a".utf8)]).isEmpty)
        let descriptor = try session.publish(table)
        #expect(try session.rows(session.open(descriptor)).isEmpty)
    }

    @Test(arguments: EngineName.allCases, [65_535, 65_536, 65_537])
    func crossesTheBorderOfABatch(_ name: EngineName, rows: Int) throws {
        let session = try EngineSession(name)
        let table = try session.create(partitions: 1)
        var buffer = BatchBuffer()
        for row in 0..<rows {
            if buffer.rows == 65_536 {
                try session.put(table, buffer)
                buffer = BatchBuffer()
            }
            buffer.append(bigEndian(UInt64(row)), [UInt8(truncatingIfNeeded: row)])
        }
        try session.put(table, buffer)
        try session.seal(table)
        var seen = 0
        var largest = 0
        try session.scan(table) { batch in
            #expect(batch.key(0) == bigEndian(UInt64(seen)))
            seen += batch.count
            largest = max(largest, batch.count)
        }
        #expect(seen == rows)
        #expect(largest <= 65_536)
        #expect(try session.get(table, [bigEndian(UInt64(rows - 1))]).count == 1)
    }

    @Test(arguments: EngineName.allCases)
    func keepsValuesLargerThanABatch(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let large = [UInt8](repeating: 7, count: 5_000_000)
        let rows = [Row(Array("a".utf8), [1]), Row(Array("b".utf8), large), Row(Array("c".utf8), [2])]
        let table = try session.table(rows, partitions: 1)
        var counts: [Int] = []
        var bytes: [Int] = []
        try session.scan(table) { batch in
            counts.append(batch.count)
            bytes.append((0..<batch.count).map { batch.value($0).count }.reduce(0, +))
        }
        #expect(counts == [1, 1, 1])
        #expect(bytes == [1, 5_000_000, 1])
        #expect(try session.get(table, [Array("b".utf8)]).first?.value == large)
    }

    @Test(arguments: EngineName.allCases)
    func findsRowsByKeyInAnyOrder(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let rows = (0..<3000).map { Row("k\($0)", "v\($0)") }
        let table = try session.table(rows, partitions: 4)
        let wanted = ["k2999", "k0", "missing", "k77", "k0", "k1500", "zzz", "\u{1}"].map { Array($0.utf8) }
        let found = Set(try session.get(table, wanted))
        #expect(found == Set([rows[2999], rows[0], rows[77], rows[1500]]))
        #expect(try session.get(table, wanted).count == 4)
    }

    @Test(arguments: EngineName.allCases)
    func stopsAScanAtItsLimit(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.table((0..<100).map { Row("k\($0)", "") }, partitions: 3)
        let all = try session.rows(table)
        #expect(try session.rows(table, limit: 0).isEmpty)
        #expect(try session.rows(table, limit: 1) == Array(all.prefix(1)))
        #expect(try session.rows(table, limit: 60) == Array(all.prefix(60)))
        #expect(try session.rows(table, limit: 1000) == all)
        #expect(status { _ = try session.rows(table, partition: 3) } == NORN_OUT_OF_RANGE)
    }

    @Test(arguments: EngineName.allCases)
    func passesOnTheFailureOfWhoReads(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.table([Row("a", "1")])
        let failed = status {
            try session.scan(table) { _ in throw EngineFailure(status: 1234, message: "enough") }
        }
        #expect(failed == 1234)
    }

    @Test(arguments: EngineName.allCases)
    func spillsSortedRunsWhenMemoryIsShort(_ name: EngineName) throws {
        let session = try EngineSession(name, memoryBytes: 65_536)
        let rows = (0..<20_000).map { Row("key-\($0 * 7919 % 10_000)", "value-\($0)") }
        let table = try session.table(rows, partitions: 3)
        var expected: [[UInt8]: [UInt8]] = [:]
        for row in rows { expected[row.key] = row.value }
        let found = try session.rows(table)
        #expect(found.count == 10_000)
        #expect(found.allSatisfy { expected[$0.key] == $0.value })
        #expect(try session.partitions(table).allSatisfy { $0 == $0.sorted() })
        #expect(entries(session.scratch) == ["tables"])
    }
}
