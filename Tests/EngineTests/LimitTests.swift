import NornABI
import Testing

/// What is too large, or not a table at all, is refused with a clear error and changes nothing.
@Suite struct LimitTests {
    @Test(arguments: EngineName.allCases)
    func takesKeysOf511BytesAndRefuses512(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let longest = [UInt8](repeating: 65, count: 511)
        let table = try session.create(partitions: 2)
        try session.put(table, [Row(longest, [1])])
        #expect(status { try session.put(table, [Row(longest + [65], [1])]) } == NORN_INVALID_ARGUMENT)
        #expect(status { try session.put(table, [Row([], [1])]) } == NORN_INVALID_ARGUMENT)
        try session.seal(table)
        #expect(try session.rows(table) == [Row(longest, [1])])
        #expect(try session.get(table, [longest]) == [Row(longest, [1])])
        #expect(status { _ = try session.get(table, [longest + [65]]) } == NORN_INVALID_ARGUMENT)
    }

    @Test(arguments: EngineName.allCases)
    func ordersLongKeysThatDifferAtTheirEnd(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let stem = [UInt8](repeating: 65, count: 500)
        let rows = (0..<250).map { Row(stem + [UInt8](repeating: 66, count: $0 % 10) + [UInt8($0)], [UInt8($0)]) }
        let table = try session.table(rows.reversed(), partitions: 1, batchRows: 17)
        #expect(try session.rows(table) == rows.sorted())
    }

    @Test(arguments: EngineName.allCases)
    func refusesBatchesThatBreakTheirLayout(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.create(partitions: 1)
        var descending = BatchBuffer([Row("ab", "1"), Row("cd", "2")])
        descending.keyOffsets = [0, 4, 2]
        #expect(status { try session.put(table, descending) } == NORN_INVALID_ARGUMENT)
        var many = BatchBuffer()
        for row in 0..<65_537 { many.append(bigEndian(UInt64(row)), []) }
        #expect(status { try session.put(table, many) } == NORN_INVALID_ARGUMENT)
        let valid = BatchBuffer([Row("a", "1")])
        let bitmap: [UInt8] = [1]
        let withValidity = status {
            try valid.withBatch { batch in
                try bitmap.withUnsafeBufferPointer { bits in
                    var changed = batch.pointee
                    changed.validity = bits.baseAddress
                    try checked { session.engine.table_put(session.session, table, &changed, $0) }
                }
            }
        }
        #expect(withValidity == NORN_INVALID_ARGUMENT)
    }

    @Test(arguments: EngineName.allCases)
    func refusesRowsAbove64MiB(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.create(partitions: 1)
        let value = [UInt8](repeating: 0, count: 67_108_864)
        #expect(status { try session.put(table, [Row([65], value)]) } == NORN_INVALID_ARGUMENT)
    }

    @Test(arguments: EngineName.allCases)
    func holdsUpTo1023Partitions(_ name: EngineName) throws {
        let session = try EngineSession(name)
        #expect(status { _ = try session.create(partitions: 0) } == NORN_INVALID_ARGUMENT)
        #expect(status { _ = try session.create(partitions: 1024) } == NORN_INVALID_ARGUMENT)
        #expect(status { _ = try session.create(partitions: 1, partitioner: 9) } == NORN_INVALID_ARGUMENT)
        let rows = (0..<2000).map { Row("k\($0)", "v") }
        let table = try session.table(rows, partitions: 1023)
        #expect(try Set(session.rows(table)) == Set(rows))
        let descriptor = try session.publish(table)
        let reader = try EngineSession(name)
        #expect(try Set(reader.rows(reader.open(descriptor))) == Set(rows))
    }

    @Test(arguments: EngineName.allCases)
    func refusesHandlesThatAreStaleOrForeign(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let other = try EngineSession(name)
        let table = try session.table([Row("a", "1")])
        let foreign = try other.table([Row("b", "2")])
        #expect(status { _ = try session.rows(foreign) } == NORN_NOT_FOUND)
        session.release(table)
        #expect(status { _ = try session.rows(table) } == NORN_NOT_FOUND)
        let next = try session.table([Row("c", "3")])
        #expect(next != table)
        #expect(status { try session.put(table, [Row("d", "4")]) } == NORN_NOT_FOUND)
        #expect(status { try session.destroy(table) } == NORN_NOT_FOUND)
        session.release(table)
        #expect(try session.rows(next) == [Row("c", "3")])
        #expect(status { _ = try session.rows(0) } == NORN_NOT_FOUND)
    }

    @Test(arguments: EngineName.allCases)
    func refusesToReadBeforeAndToPutAfterTheSeal(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.create(partitions: 2)
        #expect(status { _ = try session.rows(table) } == NORN_FAILED_PRECONDITION)
        try session.seal(table)
        #expect(status { try session.put(table, [Row("a", "1")]) } == NORN_FAILED_PRECONDITION)
        #expect(status { try session.seal(table) } == NORN_FAILED_PRECONDITION)
    }

    @Test(arguments: EngineName.allCases)
    func refusesKernelsOfAnotherKindOrRevision(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.table([Row("a", "1")])
        let reduce = TestKernel(kind: NORN_KERNEL_REDUCE) { _, _, _ in }
        #expect(status { _ = try session.mapReduce(table, map: reduce) } == NORN_INVALID_ARGUMENT)
        #expect(status { _ = try session.zip(table, table, NORN_ZIP_INNER, nil) } == NORN_INVALID_ARGUMENT)
        #expect(status { _ = try session.zip(table, table, 17, reduce) } == NORN_INVALID_ARGUMENT)
        let map = TestKernel(kind: NORN_KERNEL_MAP) { _, _, _ in }
        var later = map.reference
        later.revision = 2
        var remote = map.reference
        remote.local = nil
        var out: UInt64 = 0
        let refused = status {
            try checked { session.engine.map_reduce(session.session, table, &later, nil, nil, &out, $0) }
        }
        let absent = status {
            try checked { session.engine.map_reduce(session.session, table, &remote, nil, nil, &out, $0) }
        }
        #expect(refused == NORN_FAILED_PRECONDITION)
        #expect(absent == NORN_UNIMPLEMENTED)
    }

    @Test(arguments: EngineName.allCases)
    func refusesOptionsOutOfRange(_ name: EngineName) throws {
        #expect(status { _ = try EngineSession(name, memoryBytes: 1000) } == NORN_OUT_OF_RANGE)
        #expect(status { _ = try EngineSession(name, scratch: "/nowhere/at/all") } == NORN_NOT_FOUND)
    }
}
