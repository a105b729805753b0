import NornABI
import Testing

/// map_reduce: kernels over partitions, what happens when keys collide, groups.
@Suite struct ShuffleTests {
    /// Every row under the key that `rename` gives.
    private func renaming(_ rename: @escaping (Row) -> [Row]) -> TestKernel {
        TestKernel(kind: NORN_KERNEL_MAP) { left, _, emit in
            // A batch's keys need not ascend when its rows are going to be shuffled.
            try emit(left.rows.flatMap(rename))
        }
    }

    @Test(arguments: EngineName.allCases)
    func mapsValuesInPlace(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let rows = (0..<300).map { Row("k\($0)", "v\($0)") }
        let table = try session.table(rows, partitions: 4)
        let kernel = TestKernel(kind: NORN_KERNEL_MAP, flags: NORN_KERNEL_KEEPS_KEYS) { left, _, emit in
            try emit(left.rows.map { Row($0.key, $0.value + [33]) })
        }
        let mapped = try session.mapReduce(table, map: kernel)
        let expected = try session.partitions(table).map { $0.map { Row($0.key, $0.value + [33]) } }
        #expect(try session.partitions(mapped) == expected)
    }

    @Test(arguments: EngineName.allCases)
    func filtersWithKeptKeys(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.table((0..<300).map { Row(bigEndian(UInt64($0)), []) }, partitions: 4)
        let even = TestKernel(kind: NORN_KERNEL_MAP, flags: NORN_KERNEL_KEEPS_KEYS) { left, _, emit in
            try emit(left.rows.filter { $0.key[7] % 2 == 0 })
        }
        let kept = try session.rows(session.mapReduce(table, map: even))
        #expect(kept.count == 150)
        #expect(kept.allSatisfy { $0.key[7] % 2 == 0 })
    }

    @Test(arguments: EngineName.allCases, [nil, 65_536])
    func keepsTheFirstOfASourceAndTheLastSourceOfAKey(_ name: EngineName, memoryBytes: UInt64?) throws {
        let session = try EngineSession(name, memoryBytes: memoryBytes)
        let padding = String(repeating: "x", count: 500)
        let rows = (0..<400).map { Row("k\($0)", "v\($0)\(padding)") }
        let table = try session.table(rows, partitions: 5)
        let sources = try session.partitions(table)
        let shuffled = try session.mapReduce(
            table, map: renaming { [Row([$0.key.last!], $0.value), Row([$0.key.last!], $0.value + [1])] })
        var expected: [[UInt8]: [UInt8]] = [:]
        for source in sources {
            var first: [[UInt8]: [UInt8]] = [:]
            for row in source where first[[row.key.last!]] == nil { first[[row.key.last!]] = row.value }
            expected.merge(first) { _, last in last }
        }
        let found = try session.rows(shuffled)
        #expect(found.count == 10)
        #expect(Dictionary(uniqueKeysWithValues: found.map { ($0.key, $0.value) }) == expected)
    }

    @Test(arguments: EngineName.allCases, [nil, 65_536])
    func groupsRowsInTheOrderOfSourceAndEmission(_ name: EngineName, memoryBytes: UInt64?) throws {
        let session = try EngineSession(name, memoryBytes: memoryBytes)
        let padding = String(repeating: "x", count: 100)
        let rows = (0..<2000).map { Row("k\($0)", "v\($0)\(padding)") }
        let table = try session.table(rows, partitions: 4)
        let map = renaming { row in [Row([row.key.last!], row.value), Row([row.key.last!, 1], Array("1".utf8))] }
        let group = TestKernel(kind: NORN_KERNEL_GROUP) { _, _ in
            var current: Row?
            return KernelSteps(
                step: { left, _, emit in
                    var done: [Row] = []
                    for row in left.rows {
                        if current?.key == row.key {
                            current!.value += row.value
                        } else {
                            if let finished = current { done.append(finished) }
                            current = row
                        }
                    }
                    try emit(done)
                },
                finish: { emit in try emit(current.map { [$0] } ?? []) })
        }
        let grouped = try session.mapReduce(table, map: map, group: group, partitions: 3)
        var expected: [[UInt8]: [UInt8]] = [:]
        for row in try session.partitions(table).joined() {
            expected[[row.key.last!], default: []] += row.value
            expected[[row.key.last!, 1], default: []] += Array("1".utf8)
        }
        let found = try session.rows(grouped)
        #expect(found.count == 20)
        #expect(Dictionary(uniqueKeysWithValues: found.map { ($0.key, $0.value) }) == expected)
        #expect(try session.info(grouped).partitions == 3)
    }

    @Test(arguments: EngineName.allCases)
    func opensAKernelForEveryPartitionAlsoAnEmptyOne(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.table([Row("only", "1")], partitions: 6)
        let count = TestKernel(kind: NORN_KERNEL_MAP) { partition, partitions in
            var rows = 0
            return KernelSteps(
                step: { left, _, _ in rows += left.count },
                finish: { emit in try emit([Row("p\(partition)/\(partitions)", "\(rows)")]) })
        }
        let counted = try session.rows(session.mapReduce(table, map: count)).sorted()
        #expect(counted.map(\.key) == (0..<6).map { Array("p\($0)/6".utf8) })
        #expect(counted.map { $0.value == Array("1".utf8) }.filter { $0 }.count == 1)
    }

    @Test(arguments: EngineName.allCases)
    func refusesAKernelThatBreaksItsPromiseOfKeys(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.table((0..<50).map { Row("k\($0)", "") }, partitions: 4)
        let moved = TestKernel(kind: NORN_KERNEL_MAP, flags: NORN_KERNEL_KEEPS_KEYS) { left, _, emit in
            try emit(left.rows.map { Row($0.key + [1], $0.value) })
        }
        let descending = TestKernel(kind: NORN_KERNEL_MAP, flags: NORN_KERNEL_KEEPS_KEYS) { left, _, emit in
            try emit(left.rows.reversed())
        }
        #expect(status { _ = try session.mapReduce(table, map: moved) } == NORN_INVALID_ARGUMENT)
        #expect(status { _ = try session.mapReduce(table, map: descending) } == NORN_INVALID_ARGUMENT)
        #expect(session.tableFolders.count == 1)
    }

    @Test(arguments: EngineName.allCases)
    func movesRowsToMorePartitionsAndBack(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let rows = (0..<1000).map { Row("k\($0)", "v\($0)") }
        let table = try session.table(rows, partitions: 3)
        let wide = try session.repartition(table, partitions: 11)
        #expect(try session.info(wide).partitions == 11)
        #expect(try session.partitions(wide) == session.partitions(session.table(rows, partitions: 11)))
        let back = try session.repartition(wide, partitions: 3)
        #expect(try session.partitions(back) == session.partitions(table))
    }

    @Test(arguments: EngineName.allCases)
    func placesOrdinalKeysByTheirValue(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let rows = (0..<40).map { Row(bigEndian(UInt64($0)), [UInt8($0)]) }
        let table = try session.table(rows, partitions: 7, partitioner: NORN_PARTITIONER_ORDINAL)
        for (partition, found) in try session.partitions(table).enumerated() {
            #expect(found == rows.filter { Int($0.value[0]) % 7 == partition })
        }
        #expect(
            status { _ = try session.repartition(session.table([Row("abc", "")]), partitions: 2, partitioner: 2) }
                == NORN_INVALID_ARGUMENT)
    }
}
