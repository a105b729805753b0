import NornABI
import Testing

@Suite struct ReduceTests {
    /// Appends values; merging is visible as a bar.
    private static func concatenation() -> TestKernel {
        TestKernel(kind: NORN_KERNEL_REDUCE) { _, _ in
            var bytes: [UInt8] = []
            return KernelSteps(
                step: { left, _, _ in for row in left.rows { bytes += row.value } },
                freeze: { bytes },
                merge: { bytes += [124] + $0 })
        }
    }

    @Test(arguments: EngineName.allCases)
    func foldsInKeyOrderThenInPartitionOrder(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.table((0..<50).map { Row("k\($0)", "v\($0),") }, partitions: 4)
        let parts = try session.partitions(table).filter { !$0.isEmpty }.map { $0.flatMap(\.value) }
        #expect(try session.reduce(table, Self.concatenation()) == Array(parts.joined(separator: [124])))
    }

    @Test(arguments: EngineName.allCases)
    func skipsEmptyPartitions(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.table([Row("a", "1")], partitions: 9)
        #expect(try session.reduce(table, Self.concatenation()) == [49])
    }

    @Test(arguments: EngineName.allCases)
    func givesNothingForAnEmptyTable(_ name: EngineName) throws {
        let session = try EngineSession(name)
        #expect(try session.reduce(session.table([]), Self.concatenation()) == [])
    }

    @Test(arguments: EngineName.allCases)
    func needsAKernelThatReduces(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let map = TestKernel(kind: NORN_KERNEL_MAP) { _, _, _ in }
        let table = try session.table([Row("a", "1")])
        #expect(status { _ = try session.reduce(table, map) } == NORN_INVALID_ARGUMENT)
    }
}
