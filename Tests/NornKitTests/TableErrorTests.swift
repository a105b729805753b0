import NornKit
import NornTestHost
import Testing

@Suite struct TableErrorTests {
    let bench: Workbench

    init() throws { bench = try Workbench(plugin: TableTests.plugin, component: "TableTester") }

    @Test func bringsAKernelsErrorBack() async throws {
        let table = try await bench.tables.create((0..<20).map { (Key.int($0), $0) })
        let error = try await #require(throws: ComponentError.self) { try await table.mapValues(TableTester.fail) }
        #expect(error.code == .outOfRange)
        #expect(error.fault == .user)
        #expect(error.message.contains("seven"))
    }

    @Test func refusesValuesOfAnotherWidth() async throws {
        let table = try await bench.tables.create([(Key.int(1), "three")])
        let error = try await #require(throws: ComponentError.self) { try await table.mapValues(TableTester.negate) }
        #expect(error.message.contains("5 bytes where 8 are needed"))
        await #expect(throws: ComponentError.self) { try await table.collect(Double.self) }
    }

    @Test func refusesKernelsOfOtherComponents() async throws {
        let stranger = Kernel.mapValues("stranger") { (value: Int) in value }
        let table = try await bench.tables.create([(Key.int(1), 1)])
        let error = try await #require(throws: ComponentError.self) { try await table.mapValues(stranger) }
        #expect(error.code == .notFound)
    }

    @Test func refusesKeysThatAreTooLong() async throws {
        let writer = try bench.tables.writer()
        try writer.put(.text(String(repeating: "k", count: 510)), 1)
        #expect(throws: ComponentError.self) { try writer.put(.text(String(repeating: "k", count: 511)), 1) }
        #expect(throws: ComponentError.self) { try writer.put(.raw([]), 1) }
    }

    @Test func aRefusedRowLeavesTheTableWhole() async throws {
        let writer = try bench.tables.writer()
        try writer.put(.int(1), 1)
        #expect(throws: ComponentError.self) { try writer.put(.text(String(repeating: "k", count: 511)), 1) }
        try writer.put(.int(2), 2)
        let rows = try await writer.seal().collect(Int.self)
        #expect(rows.map(\.key) == [.int(1), .int(2)])
        #expect(rows.map(\.value) == [1, 2])
    }

    @Test func refusesToWriteASealedTable() async throws {
        let writer = try bench.tables.writer(partitions: 2)
        try writer.put("a", 1)
        _ = try await writer.seal()
        #expect(throws: ComponentError.self) { try writer.put("b", 2) }
        #expect(throws: ComponentError.self) { try bench.tables.writer(partitions: 0) }
    }

    @Test func refusesTheFirstRowOfAnEmptyTable() async throws {
        let empty = try await bench.tables.create([(Key, Int)]())
        await #expect(throws: ComponentError.self) { try await empty.first(Int.self) }
    }
}
