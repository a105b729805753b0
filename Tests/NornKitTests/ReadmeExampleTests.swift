import Foundation
import NornKit
import NornTestHost
import Testing

// README: a complete component.

struct Scale: Component {
    struct Parameters: ComponentParameters { var factor = 2.0 }
    static let scale = Kernel.mapValues("scale") { (value: Double, factor: Double) in value * factor }
    static let total = Kernel.reduce("total") { (left: Double, right: Double) in left + right }
    static let descriptor = ComponentDescriptor(
        name: "Scale", roles: [.guest, .host], inputs: [.table("data")], outputs: [.table("data")],
        kernels: [scale, total])

    func run(_ context: TaskContext<Parameters>) async throws {
        let data = try await context.inputs.table("data")
        let scaled = try await data.mapValues(Self.scale, with: context.parameters.factor)
        let mine = try await scaled.reduce(Self.total) ?? 0
        for peer in context.parties.all where peer != context.party {
            try await context.federation.send(mine, name: "total", to: peer)
            let theirs = try await context.federation.receive(Double.self, name: "total", from: peer)
            try context.tracking.metric("total", mine + theirs)
        }
        try await context.outputs.table(scaled, as: "data", schema: data.schema)
    }
}

// Its plugin's one exported function, norn_plugin_entry_1, is `plugin.enter`.
private let plugin = Plugin(id: "org.example.scale", version: "1.0.0", components: [Scale.self])

// And its test.
@Suite struct ReadmeExampleTests {
    private let schema = TableSchema(layout: .float64, header: ["x"], content: .instances)

    @Test func scalesTheTablesOfTwoParties() async throws {
        let run = try await TestHost(plugin: plugin).run(
            "Scale", parameters: ["factor": 3],
            parties: [
                TestParty(.guest, "9999", inputs: [.table("data", [("a", 1.0), ("b", 2.0)], schema: schema)]),
                TestParty(.host, "10000", inputs: [.table("data", [("c", 10.0)], schema: schema)]),
            ])
        #expect(run.succeeded)
        let rows = try await run[.guest].table("data").collect(Double.self)
        #expect(rows.map(\.value) == [3.0, 6.0])
        #expect(run[.guest].points("total") == [["total", 39.0]])
        #expect(run[.host].points("total") == [["total", 39.0]])
    }

    @Test func theReadmeShowsThisVeryComponent() throws {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let source = try String(contentsOfFile: #filePath, encoding: .utf8)
        let start = try #require(source.range(of: "struct Scale: Component {"))
        let end = try #require(source.range(of: "\n}\n", range: start.lowerBound..<source.endIndex))
        #expect(readme.contains(source[start.lowerBound..<end.upperBound]))
    }
}
