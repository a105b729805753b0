import NornABI
import NornKit

/// An engine and a component's kernels in the test's own process, without an attempt: what a test makes its input tables
/// with and reads the outputs by, and the shortest way to try kernels on tables.
///
///     let bench = try Workbench(plugin: plugin, component: "Scale")
///     let table = try await bench.tables.create([("a", 1.0), ("b", 2.0)])
///     let scaled = try await table.mapValues(Scale.scale, with: 3.0)
public final class Workbench: Sendable {
    private let bench: EngineBench

    public var tables: Tables { bench.tables }

    /// - Parameter engine: a product of this package (`local`, `standalone`), found beside the test bundle.
    public convenience init(plugin: Plugin, component: String, engine: String = "local", partitions: Int = 4) throws {
        try self.init(plugin.table, component: component, engine: engine, partitions: partitions)
    }

    init(
        _ plugin: UnsafePointer<norn_plugin>, component: String, engine: String, partitions: Int
    ) throws {
        let session = try BenchSession(engine: engine, kernelsOf: try plugin.component(component))
        bench = EngineBench(
            host: session.host, plugin: plugin.pointee.id.swiftText, component: component, partitions: partitions,
            owner: session)
    }

    /// What an attempt opens the table by; it lives as long as a table of the bench.
    func publish(_ table: Table) async throws -> [UInt8] { try await bench.publish(table) }

    func open(_ descriptor: [UInt8], schema: TableSchema?) async throws -> Table {
        try await bench.open(descriptor, schema: schema)
    }
}
