import Foundation
import NornManifest
import NornWorkers
import Testing

@testable import NornFlow
@testable import NornSite

/// What an attempt made is kept whole, or not at all.
@Suite struct OutputKeeperTests {
    private let home: SiteHome
    private let scratch: URL

    init() throws {
        home = try HeartUnderTest.home()
        scratch = home.attempt(job: "1", role: "guest", party: "9999", task: "reader_0", attempt: 0)
            .appending(path: "scratch")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    }

    private func keep(_ outputs: [ReportedOutput]) async throws -> Int {
        let guest = Party(role: .guest, id: "9999")
        let order = AttemptOrder(
            attempt: NornFlow.AttemptIdentity(job: "1", task: "reader_0", number: 0, party: guest),
            task: JobTask(name: "reader_0", module: "Reader", parties: [guest]), parameters: [:], inputs: [],
            resources: .none, engine: "local", partitions: nil, jobParties: [guest])
        let library = PluginLibrary(path: "/none", digest: [])
        let start = WorkerStart(
            attempt: NornWorkers.AttemptIdentity(
                job: "1", task: "reader_0", attempt: 0, role: "guest", party: "9999"),
            component: "Reader", parties: [:], componentPlugin: library, enginePlugin: library, engine: "local",
            scratch: scratch.path, outputFile: "")
        let component = try #require(
            try Manifest.decode(Self.manifest).manifest.components.first { $0.name == "Reader" })
        let plan = AttemptPlan(
            start: start, component: component,
            plugin: PluginShelf.Plugin(id: "norn.data", version: "1", digest: ""), folder: home.root,
            inputPaths: ["/input"], tables: [])
        return try await OutputKeeper(home: home).keep(outputs, of: order, plan: plan).count
    }

    private static let manifest: String = {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return (try? String(contentsOf: root.appending(path: "components/data/manifest.json"), encoding: .utf8)) ?? ""
    }()

    private func table(_ name: String, _ path: String, isInput: Bool = false) -> ReportedOutput {
        ReportedOutput(
            name: name,
            artifact: .table(
                engine: "local", descriptor: Array(path.utf8), schema: [0xA0], rows: 1, partitions: 1,
                isInput: isInput))
    }

    private var kept: [String] {
        get throws {
            try [home.tables, home.models].flatMap { try FileManager.default.contentsOfDirectory(atPath: $0.path) }
        }
    }

    @Test func whatWasMadeIsKept() async throws {
        try Data().write(to: scratch.appending(path: "table"))
        try Data().write(to: scratch.appending(path: "model"))
        let count = try await keep([
            table("data", scratch.path + "/table"), table("same", "/input", isInput: true),
            ReportedOutput(name: "model", artifact: .file(kind: "model", path: "model")),
        ])
        #expect(count == 3)
        #expect(try kept.count == 2)
        try FileManager.default.removeItem(at: home.root)
    }

    @Test func aSecondOutputThatIsNotThereTakesTheFirstAlong() async throws {
        try Data().write(to: scratch.appending(path: "table"))
        await #expect(throws: SiteError.self) {
            try await keep([table("data", scratch.path + "/table"), table("more", scratch.path + "/missing")])
        }
        #expect(try kept.isEmpty)
        try FileManager.default.removeItem(at: home.root)
    }
}
