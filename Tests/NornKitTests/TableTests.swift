import NornKit
import NornTestHost
import Testing

/// Every operation against a dictionary.
@Suite struct TableTests {
    static let plugin = Plugin(id: "norn.tests.tables", version: "1", components: [TableTester.self])

    let bench: Workbench
    let model: [Key: Int]
    let table: Table

    init() async throws {
        bench = try Workbench(plugin: Self.plugin, component: "TableTester")
        model = Dictionary(uniqueKeysWithValues: (0..<5000).map { (Key.text("id\($0)"), $0 &* 2_654_435_761 % 10_007) })
        table = try await bench.tables.create(model.map { ($0.key, $0.value) }, partitions: 4)
    }

    private func other(_ partitions: Int) async throws -> ([Key: Int], Table) {
        let rows = (4000..<7000).map { (Key.text("id\($0)"), $0) }
        return (Dictionary(uniqueKeysWithValues: rows), try await bench.tables.create(rows, partitions: partitions))
    }

    private func expect<Value: RowValue & Equatable>(_ table: Table, is model: [Key: Value]) async throws {
        let rows = try await table.collect(Value.self)
        #expect(rows.map(\.key) == model.keys.sorted())
        #expect(rows.allSatisfy { model[$0.key] == $0.value })
        #expect(table.count == model.count)
    }

    @Test func collectsInAscendingOrderOfKeys() async throws {
        #expect(table.partitions == 4)
        try await expect(table, is: model)
        #expect(try await table.keys() == model.keys.sorted())
    }

    @Test func keepsTheLastPutOfAKey() async throws {
        let doubled = try await bench.tables.create((0..<300).map { (Key.int($0 % 100), $0) })
        try await expect(doubled, is: Dictionary(uniqueKeysWithValues: (0..<100).map { (Key.int($0), $0 + 200) }))
    }

    @Test func takesTheFirstRowsOfAllPartitions() async throws {
        let first = try await table.take(7, Int.self)
        #expect(first.map(\.key) == Array(model.keys.sorted().prefix(7)))
        #expect(try await table.first(Int.self).key == model.keys.min())
        #expect(try await table.take(10_000, Int.self).count == 5000)
        await #expect(throws: ComponentError.self) { try await table.take(0, Int.self) }
    }

    @Test func mapsValues() async throws {
        try await expect(table.mapValues(TableTester.negate), is: model.mapValues { -$0 })
        try await expect(table.mapValues(TableTester.text), is: model.mapValues { "value \($0)" })
    }

    @Test func mapsValuesWithAnArgument() async throws {
        let doubles = try await bench.tables.create(model.map { ($0.key, Double($0.value)) })
        try await expect(
            doubles.mapValues(TableTester.scale, with: 2.5), is: model.mapValues { Double($0) * 2.5 })
    }

    @Test func splitsBatchesThatGrowBeyondTheLimit() async throws {
        let few = try await bench.tables.create((0..<100).map { (Key.int($0), $0) }, partitions: 1)
        let swollen = try await few.mapValues(TableTester.swell).collect([UInt8].self)
        #expect(swollen.count == 100)
        #expect(swollen.allSatisfy { $0.key == .int(Int($0.value[0])) && $0.value.count == 300_000 })
    }

    @Test func mapsToOtherKeys() async throws {
        let renamed = Dictionary(
            model.map { (Key.text("r\($0.value)"), $0.value) }, uniquingKeysWith: { first, _ in first })
        try await expect(table.map(TableTester.rename), is: renamed)
    }

    @Test func mapsToNoneOrManyRows() async throws {
        var flat: [Key: Int] = [:]
        for (key, value) in model where value % 3 != 0 {
            flat[.text("\(key)-1")] = value
            flat[.text("\(key)-2")] = -value
        }
        try await expect(table.flatMap(TableTester.twice), is: flat)
    }

    @Test func filtersRows() async throws {
        try await expect(table.filter(TableTester.above, with: 9000), is: model.filter { $0.value > 9000 })
        try await expect(table.filter(TableTester.above, with: 1 << 40), is: [Key: Int]())
    }

    @Test func mapsPartitionsWholeAndAppliesToThem() async throws {
        let counts = try await table.applyPartitions(TableTester.count).collect(Int.self)
        #expect(counts.count == 4)
        #expect(counts.map(\.value).reduce(0, +) == 5000)
        let sizes = try await table.mapPartitions(TableTester.sumKept).collect(Int.self)
        #expect(sizes.map(\.key) == model.keys.sorted())
        #expect(Set(sizes.map(\.value)) == Set(counts.map(\.value)))
    }

    @Test func numbersRowsBatchByBatch() async throws {
        let one = try await table.repartitioned(1).mapPartitions(TableTester.numbered).collect(Int.self)
        #expect(one.map(\.value) == Array(0..<5000))
    }

    @Test func mapsAndReducesByKey() async throws {
        var sums: [Key: Int] = [:]
        for value in model.values { sums[.int(value % 13), default: 0] += value }
        try await expect(table.mapReducePartitions(TableTester.modulo, with: 13, by: TableTester.sumByKey), is: sums)
        try await expect(table.mapReducePartitions(TableTester.byModulo, with: 13, by: TableTester.sumByKey), is: sums)
    }

    @Test func reducesAKeysValuesInTheOrderOfTheirSources() async throws {
        let few = try await bench.tables.create((0..<40).map { (Key.int($0), $0) }, partitions: 3)
        let grouped = try await few.mapReducePartitions(TableTester.listed, with: 2, by: TableTester.listByKey)
        var order: [Int] = []
        try await few.forEachBatch { batch in for row in 0..<batch.rows { order.append(try batch.value(at: row)) } }
        for (key, list) in try await grouped.collect([Int].self) {
            #expect(list == order.filter { Key.int($0 % 2) == key })
        }
    }

    @Test func reducesInOrderAndGivesNothingForNothing() async throws {
        #expect(try await table.reduce(TableTester.sum) == model.values.reduce(0, +))
        let letters = try await bench.tables.create(
            "abcdefgh".enumerated().map { (Key.int($0.offset), String($0.element)) }, partitions: 1)
        #expect(try await letters.reduce(TableTester.join) == "abcdefgh")
        let empty = try await bench.tables.create([(Key, Int)](), partitions: 3)
        #expect(try await empty.reduce(TableTester.sum) == nil)
        let blank = try await bench.tables.create([(Key.int(1), "")], partitions: 3)
        #expect(try await blank.reduce(TableTester.join) == "")
    }

    @Test func foldsIntoAnotherType() async throws {
        let moments = try await table.reduce(TableTester.moments)
        #expect(moments?.count == 5000)
        #expect(moments?.sum == model.values.reduce(0, +))
    }

    @Test(arguments: [4, 2, 7])
    func joinsTables(partitions: Int) async throws {
        let (otherModel, other) = try await other(partitions)
        let common = model.filter { otherModel[$0.key] != nil }
        try await expect(table.join(other), is: common)
        try await expect(
            table.join(other, TableTester.add),
            is: Dictionary(uniqueKeysWithValues: common.map { ($0.key, $0.value + otherModel[$0.key, default: 0]) }))
    }

    @Test func joinsWithAnArgument() async throws {
        let halves = try await bench.tables.create(model.keys.map { ($0, 0.5) })
        try await expect(
            table.join(halves, TableTester.weighted, with: 4.0), is: model.mapValues { Double($0) * 2.0 })
    }

    @Test(arguments: [4, 2])
    func unitesTables(partitions: Int) async throws {
        let (otherModel, other) = try await other(partitions)
        try await expect(table.union(other), is: model.merging(otherModel) { left, _ in left })
        try await expect(table.union(other, TableTester.larger), is: model.merging(otherModel, uniquingKeysWith: max))
    }

    @Test func subtractsByKey() async throws {
        let (otherModel, other) = try await other(3)
        try await expect(table.subtractByKey(other), is: model.filter { otherModel[$0.key] == nil })
    }

    @Test func samplesByFractionTheSameForASeed() async throws {
        let sample = try await table.sample(fraction: 0.2, seed: 1).collect(Int.self)
        #expect((800...1200).contains(sample.count))
        #expect(sample.allSatisfy { model[$0.key] == $0.value })
        #expect(try await table.sample(fraction: 0.2, seed: 1).keys() == sample.map(\.key))
        #expect(try await table.sample(fraction: 0.2, seed: 2).keys() != sample.map(\.key))
        #expect(try await table.sample(fraction: 0, seed: 1).count == 0)
        #expect(try await table.sample(fraction: 1, seed: 1).count == 5000)
        await #expect(throws: ComponentError.self) { try await table.sample(fraction: 1.5, seed: 1) }
    }

    @Test(arguments: [0, 1, 777, 5000])
    func samplesExactlyACount(count: Int) async throws {
        let sample = try await table.sample(count: count, seed: 3).collect(Int.self)
        #expect(sample.count == count)
        #expect(sample.allSatisfy { model[$0.key] == $0.value })
    }

    @Test func refusesToSampleMoreThanThereIs() async throws {
        await #expect(throws: ComponentError.self) { try await table.sample(count: 5001, seed: 3) }
    }

    @Test func getsTheRowsOfKeys() async throws {
        let wanted: [Key] = [.text("id3"), .text("id4999"), .text("nobody"), .int(3)]
        let found = try await table.values(of: wanted, Int.self)
        #expect(found.map(\.key) == [.text("id3"), .text("id4999")])
        #expect(found.allSatisfy { model[$0.key] == $0.value })
    }

    @Test func repartitionsWithoutLoss() async throws {
        let wide = try await table.repartitioned(9)
        #expect(wide.partitions == 9)
        try await expect(wide, is: model)
        await #expect(throws: ComponentError.self) { try await table.repartitioned(0) }
    }
}
