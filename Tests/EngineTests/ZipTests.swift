import NornABI
import Testing

@Suite struct ZipTests {
    /// "left|right" for each aligned row, "-" for a missing side.
    private static func pairing() -> TestKernel {
        TestKernel(kind: NORN_KERNEL_ZIP, flags: NORN_KERNEL_KEEPS_KEYS) { left, right, emit in
            try emit(
                (0..<left.count).map { row in
                    let a = left.isPresent(row) ? left.value(row) : [45]
                    guard let right else { return Row(left.key(row), a) }
                    #expect(right.key(row) == left.key(row))
                    #expect(left.isPresent(row) || left.value(row).isEmpty)
                    #expect(right.isPresent(row) || right.value(row).isEmpty)
                    return Row(left.key(row), a + [124] + (right.isPresent(row) ? right.value(row) : [45]))
                })
        }
    }

    private static let left = (0..<600).filter { $0 % 2 == 0 }.map { Row("k\($0)", "l\($0)") }
    private static let right = (0..<600).filter { $0 % 3 == 0 }.map { Row("k\($0)", "r\($0)") }

    private static func expected(_ mode: UInt32) -> Set<Row> {
        Set(
            (0..<600).compactMap { number in
                let a = number % 2 == 0 ? "l\(number)" : nil
                let b = number % 3 == 0 ? "r\(number)" : nil
                switch mode {
                case NORN_ZIP_INNER where a == nil || b == nil: return nil
                case NORN_ZIP_LEFT where a == nil: return nil
                case NORN_ZIP_OUTER where a == nil && b == nil: return nil
                case NORN_ZIP_ANTI: return a != nil && b == nil ? Row("k\(number)", a!) : nil
                default: return Row("k\(number)", "\(a ?? "-")|\(b ?? "-")")
                }
            })
    }

    @Test(
        arguments: EngineName.allCases, [NORN_ZIP_INNER, NORN_ZIP_LEFT, NORN_ZIP_OUTER, NORN_ZIP_ANTI])
    func alignsRowsByKey(_ name: EngineName, mode: UInt32) throws {
        let session = try EngineSession(name)
        let left = try session.table(Self.left, partitions: 4)
        let right = try session.table(Self.right, partitions: 4)
        let out = try session.zip(left, right, mode, Self.pairing())
        let found = try session.rows(out)
        #expect(Set(found) == Self.expected(mode))
        #expect(found.count == Self.expected(mode).count)
        #expect(try session.partitions(out).allSatisfy { $0 == $0.sorted() })
    }

    @Test(arguments: EngineName.allCases, [NORN_ZIP_INNER, NORN_ZIP_LEFT, NORN_ZIP_OUTER, NORN_ZIP_ANTI])
    func alignsATableWithItself(_ name: EngineName, mode: UInt32) throws {
        let session = try EngineSession(name)
        let table = try session.table(Self.left, partitions: 2)
        let found = try session.rows(session.zip(table, table, mode, Self.pairing()))
        let expected = Self.left.map { Row($0.key, $0.value + [124] + $0.value) }
        #expect(Set(found) == (mode == NORN_ZIP_ANTI ? [] : Set(expected)))
    }

    @Test(arguments: EngineName.allCases)
    func subtractsWithoutAKernel(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let left = try session.table(Self.left, partitions: 4)
        let right = try session.table(Self.right, partitions: 4)
        #expect(try Set(session.rows(session.zip(left, right, NORN_ZIP_ANTI, nil))) == Self.expected(NORN_ZIP_ANTI))
    }

    @Test(arguments: EngineName.allCases, [NORN_ZIP_INNER, NORN_ZIP_LEFT, NORN_ZIP_OUTER])
    func alignsWithAnEmptySide(_ name: EngineName, mode: UInt32) throws {
        let session = try EngineSession(name)
        let some = try session.table([Row("a", "1"), Row("b", "2")], partitions: 2)
        let none = try session.table([], partitions: 2)
        let rightEmpty = try session.rows(session.zip(some, none, mode, Self.pairing())).sorted()
        #expect(rightEmpty == (mode == NORN_ZIP_INNER ? [] : [Row("a", "1|-"), Row("b", "2|-")]))
        let leftEmpty = try session.rows(session.zip(none, some, mode, Self.pairing())).sorted()
        #expect(leftEmpty == (mode == NORN_ZIP_OUTER ? [Row("a", "-|1"), Row("b", "-|2")] : []))
        #expect(try session.rows(session.zip(none, none, mode, Self.pairing())).isEmpty)
    }

    @Test(arguments: EngineName.allCases)
    func movesTheSideWithFewerPartitions(_ name: EngineName) throws {
        let session = try EngineSession(name)
        for (leftPartitions, rightPartitions) in [(2, 7), (7, 2)] as [(UInt32, UInt32)] {
            let left = try session.table(Self.left, partitions: leftPartitions)
            let right = try session.table(Self.right, partitions: rightPartitions)
            let before = session.tableFolders.count
            let out = try session.zip(left, right, NORN_ZIP_OUTER, Self.pairing())
            #expect(try session.info(out).partitions == 7)
            #expect(try Set(session.rows(out)) == Self.expected(NORN_ZIP_OUTER))
            #expect(session.tableFolders.count == before + 1)
        }
    }

    @Test(arguments: EngineName.allCases)
    func movesTheRightSideToAnotherPartitioner(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let rows = (0..<100).map { Row(bigEndian(UInt64($0)), [UInt8($0)]) }
        let left = try session.table(rows, partitions: 3, partitioner: NORN_PARTITIONER_ORDINAL)
        let right = try session.table(rows, partitions: 3)
        let out = try session.zip(left, right, NORN_ZIP_INNER, Self.pairing())
        #expect(try session.info(out).partitioner == NORN_PARTITIONER_ORDINAL)
        #expect(try session.rows(out).count == 100)
    }

    @Test(arguments: EngineName.allCases)
    func streamsBothSidesByKeyRange(_ name: EngineName) throws {
        let session = try EngineSession(name)
        // Large values: several blocks a partition, whose borders differ on the two sides.
        let wide = [UInt8](repeating: 1, count: 100_000)
        let leftRows = (0..<100).map { Row("k\($0)", "") }.map { Row($0.key, wide) }
        let rightRows = (50..<150).map { Row("k\($0)", "") }.map { Row($0.key, wide + [2]) }
        let left = try session.table(leftRows, partitions: 1)
        let right = try session.table(rightRows, partitions: 1)
        let ranges = TestKernel(kind: NORN_KERNEL_ZIP, flags: NORN_KERNEL_KEEPS_KEYS) { _, _ in
            var last: [UInt8] = []
            return KernelSteps(step: { left, right, emit in
                let keys = ((0..<left.count).map { left.key($0) }, (0..<right!.count).map { right!.key($0) })
                // Ranges never overlap: nothing of this step is at or below the step before.
                let lowest = [keys.0.first, keys.1.first].compactMap { $0 }.min { $0.lexicographicallyPrecedes($1) }!
                #expect(last.lexicographicallyPrecedes(lowest))
                last = [keys.0.last, keys.1.last].compactMap { $0 }.max { $0.lexicographicallyPrecedes($1) }!
                let both = Set(keys.0).intersection(keys.1)
                let all = Set(keys.0).union(keys.1).sorted { $0.lexicographicallyPrecedes($1) }
                try emit(all.map { Row($0, both.contains($0) ? [2] : [1]) })
            })
        }
        let out = try session.rows(session.zip(left, right, NORN_ZIP_COGROUP, ranges))
        #expect(out.count == 150)
        #expect(out.filter { $0.value == [2] }.count == 50)
        let none = try session.table([], partitions: 1)
        #expect(try session.rows(session.zip(none, right, NORN_ZIP_COGROUP, ranges)).count == 100)
        #expect(try session.rows(session.zip(left, none, NORN_ZIP_COGROUP, ranges)).count == 100)
        #expect(try session.rows(session.zip(none, none, NORN_ZIP_COGROUP, ranges)).isEmpty)
    }

    @Test(arguments: EngineName.allCases)
    func shufflesWhatAZipRenames(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let left = try session.table(Self.left, partitions: 4)
        let rename = TestKernel(kind: NORN_KERNEL_ZIP) { left, _, emit in
            try emit(left.rows.map { Row(Array("new-".utf8) + $0.key, $0.value) })
        }
        let out = try session.zip(left, left, NORN_ZIP_INNER, rename)
        let expected = try session.table(Self.left.map { Row(Array("new-".utf8) + $0.key, $0.value) }, partitions: 4)
        #expect(try session.partitions(out) == session.partitions(expected))
    }
}
