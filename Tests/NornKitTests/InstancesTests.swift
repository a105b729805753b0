import NornKit
import NornTestHost
import Testing

@Suite struct InstancesTests {
    let bench: Workbench

    init() throws { bench = try Workbench(plugin: TableTests.plugin, component: "TableTester") }

    private let schema = TableSchema(layout: .float64, header: [], content: .instances, labelName: "y")

    @Test(arguments: [1, 5])
    func readsTheSameOrderWhateverThePartitions(partitions: Int) async throws {
        let ids = (0..<50).map { Key.text("row\($0 * 7 % 50)") }
        let written = Instances(
            ids: ids, header: ["x0", "x1"], features: (0..<100).map(Double.init),
            labels: (0..<50).map { Double($0 % 2) }, weights: (0..<50).map { Double($0) / 10 })
        let table = try await bench.tables.create(written, schema: schema, partitions: partitions)
        #expect(table.schema?.header == ["x0", "x1"])
        #expect(table.schema?.weight == true)
        let read = try await table.instances()
        #expect(read.ids == ids.sorted())
        for (row, id) in read.ids.enumerated() {
            let source = try #require(ids.firstIndex(of: id))
            #expect(read.features[row * 2] == Double(source * 2))
            #expect(read.features[row * 2 + 1] == Double(source * 2 + 1))
            #expect(read.labels?[row] == Double(source % 2))
            #expect(read.weights?[row] == Double(source) / 10)
        }
    }

    @Test(arguments: [TableSchema.Layout.float64, .sparse])
    func keepsMatchIDsAndZerosInEitherLayout(layout: TableSchema.Layout) async throws {
        var schema = schema
        schema.layout = layout
        let written = Instances(
            ids: [.int(1), .int(2), .int(3)], header: ["x0", "x1"], features: [0, 1.5, .nan, 0, 0, 0],
            labels: [1, 0, 1], weights: [2, 3, 4], matchIDs: ["á", "", "13800138000"])
        let table = try await bench.tables.create(written, schema: schema)
        #expect(table.schema?.layout == layout && table.schema?.matchIDName == "match_id")
        let read = try await table.instances()
        #expect(read.matchIDs == written.matchIDs && read.labels == written.labels && read.weights == written.weights)
        #expect(read.features.map { $0.isNaN ? 99 : $0 } == [0, 1.5, 99, 0, 0, 0])
    }

    @Test func refusesSparseRowsThatAreNotInOrder() throws {
        var schema = schema
        schema.layout = .sparse
        schema.labelName = nil
        schema.header = ["a", "b"]
        let format = try InstanceFormat(schema)
        var row = format.emptyRow
        for columns in [[1, 0], [0, 0], [2]] as [[UInt32]] {
            let bytes = format.bytes(of: InstanceRow(values: columns.map { _ in 1 }, columns: columns))
            #expect(throws: ComponentError.self) { try bytes.withUnsafeBytes { try format.read($0, into: &row) } }
        }
        let short: [UInt8] = [1, 2]
        #expect(throws: ComponentError.self) { try short.withUnsafeBytes { try format.read($0, into: &row) } }
    }

    @Test func readsFeaturesAlone() async throws {
        let written = Instances(ids: [.int(2), .int(1)], header: ["x"], features: [20, 10])
        let read = try await bench.tables.create(written, schema: schema).instances()
        #expect(read.features == [10, 20])
        #expect(read.labels == nil)
        #expect(read.weights == nil)
    }

    @Test func refusesTablesThatHoldNoInstances() async throws {
        let raw = try await bench.tables.create(
            [(Key.int(1), "1,2")], schema: TableSchema(layout: .text, header: ["a", "b"], content: .raw))
        await #expect(throws: ComponentError.self) { try await raw.instances() }
        let uneven = Instances(ids: [.int(1)], header: ["x"], features: [1, 2])
        await #expect(throws: ComponentError.self) { try await bench.tables.create(uneven, schema: schema) }
    }

    @Test func readsSchemasWithOnlyALayout() throws {
        let schema = try CBORDecoder().decode(TableSchema.self, from: ["layout": "text", "label_name": nil])
        #expect(schema.delimiter == ",")
        #expect(schema.labelName == nil)
        let written = try CBOREncoder().value(of: schema)
        #expect(written["anonymous_header"] == [])
        #expect(written["match_id_name"] == .null)
    }
}
