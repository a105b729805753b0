import NornABI
import Synchronization
import Testing

/// Kernels that fail, sessions that are cancelled, sessions side by side.
@Suite struct FailureTests {
    private static let rows = (0..<400).map { Row("k\($0)", "v\($0)") }

    @Test(arguments: EngineName.allCases, [0, NORN_KERNEL_KEEPS_KEYS])
    func leavesNothingWhenAKernelFailsAtItsThirdStep(_ name: EngineName, flags: UInt32) throws {
        // Blocks of 4 MiB at most: rows of 1.5 MB make one step for every two rows.
        let value = [UInt8](repeating: 1, count: 1_500_000)
        let session = try EngineSession(name)
        let table = try session.table((0..<8).map { Row([$0 + 65], value) }, partitions: 1)
        let kernel = TestKernel(kind: NORN_KERNEL_MAP, flags: flags) { _, _ in
            var steps = 0
            return KernelSteps(step: { left, _, emit in
                steps += 1
                if steps == 3 { throw EngineFailure(status: 1042, message: "third step") }
                try emit(left.rows)
            })
        }
        let before = session.tableFolders
        do {
            _ = try session.mapReduce(table, map: kernel)
            Issue.record("the operation must fail")
        } catch let failure as EngineFailure {
            #expect(failure.status == 1042)
            #expect(failure.message == "third step")
        }
        #expect(session.tableFolders == before)
        #expect(entries(session.scratch) == ["tables"])
        #expect(try session.rows(table).count == 8)
    }

    @Test(arguments: EngineName.allCases)
    func reportsTheFailureOfTheLowestPartitionAndClosesEveryKernel(_ name: EngineName) throws {
        let session = try EngineSession(name)
        let table = try session.table(Self.rows, partitions: 6)
        let opened = Counter()
        let closed = Counter()
        let kernel = TestKernel(kind: NORN_KERNEL_MAP) { partition, _ in
            opened.add()
            let ending = Ending(closed)
            return KernelSteps(step: { _, _, _ in
                _ = ending
                throw EngineFailure(status: 2000 + partition, message: "partition \(partition)")
            })
        }
        let failed = status { _ = try session.mapReduce(table, map: kernel) }
        #expect(failed >= 2000 && failed < 2006)
        #expect(opened.value > 0)
        #expect(opened.value == closed.value)
        let alone = try EngineSession(name, threads: 0)
        let sequential = try alone.table(Self.rows, partitions: 6)
        #expect(status { _ = try alone.mapReduce(sequential, map: kernel) } == 2000)
    }

    @Test(arguments: EngineName.allCases)
    func stopsBetweenBatchesWhenItIsCancelled(_ name: EngineName) throws {
        let value = [UInt8](repeating: 1, count: 1_500_000)
        let session = try EngineSession(name)
        let table = try session.table((0..<8).map { Row([$0 + 65], value) }, partitions: 1)
        let steps = Counter()
        let cancel = session.engine.cancel
        let cancelled = session.session
        let kernel = TestKernel(kind: NORN_KERNEL_MAP, flags: NORN_KERNEL_KEEPS_KEYS) { left, _, emit in
            steps.add()
            cancel?(cancelled)
            try emit(left.rows)
        }
        #expect(status { _ = try session.mapReduce(table, map: kernel) } == NORN_CANCELLED)
        #expect(steps.value == 1)
        #expect(session.tableFolders.count == 1)
        #expect(status { _ = try session.rows(table) } == NORN_CANCELLED)
        #expect(status { _ = try session.create(partitions: 1) } == NORN_CANCELLED)
        session.close()
        #expect(session.tableFolders.isEmpty)
    }

    @Test(arguments: EngineName.allCases)
    func givesTheSameTableWithAnyNumberOfThreads(_ name: EngineName) throws {
        let rename = TestKernel(kind: NORN_KERNEL_MAP) { left, _, emit in
            try emit(left.rows.map { Row([$0.key.last!], $0.value) })
        }
        let tables = try ([0, 1, 2, 8] as [UInt32]).map { threads in
            let session = try EngineSession(name, threads: threads)
            let table = try session.table(Self.rows, partitions: 7)
            return try session.partitions(session.mapReduce(table, map: rename))
        }
        #expect(tables.allSatisfy { $0 == tables[0] })
    }

    @Test(arguments: EngineName.allCases)
    func servesSessionsSideBySide(_ name: EngineName) async throws {
        let results = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<4 {
                group.addTask {
                    let rows = (0..<300).map { Row("k\($0)", "session \(number)") }
                    guard let session = try? EngineSession(name) else { return false }
                    for _ in 0..<5 {
                        guard let table = try? session.table(rows), let found = try? session.rows(table) else {
                            return false
                        }
                        if Set(found) != Set(rows) { return false }
                    }
                    return true
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results == [true, true, true, true])
    }

    @Test(arguments: EngineName.allCases)
    func sharesAScratchFolderBetweenSessions(_ name: EngineName) throws {
        let first = try EngineSession(name)
        let second = try EngineSession(name, scratch: first.scratch)
        let tables = try (0..<3).map { number in
            (try first.table([Row("a", "\(number)")]), try second.table([Row("b", "\(number)")]))
        }
        #expect(first.tableFolders.count == 6)
        for (number, pair) in tables.enumerated() {
            #expect(try first.rows(pair.0) == [Row("a", "\(number)")])
            #expect(try second.rows(pair.1) == [Row("b", "\(number)")])
        }
    }
}

final class Counter: Sendable {
    private let count = Mutex(0)
    func add() { count.withLock { $0 += 1 } }
    var value: Int { count.withLock { $0 } }
}

/// Counts when the kernel's state goes.
private final class Ending {
    let counter: Counter
    init(_ counter: Counter) { self.counter = counter }
    deinit { counter.add() }
}
