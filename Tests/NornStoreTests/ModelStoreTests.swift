import Foundation
import NornStore
import Testing

/// Kept models and tags, in every store.
@Suite struct ModelStoreTests {
    typealias Kind = StoreConformance.Kind

    static func model(_ version: String, party: String = "9999", created: Int64 = 1, path: String = "/m") -> NewModel {
        NewModel(
            record: ModelRecord(
                modelID: "guest-9999#host-10000#model", version: version, role: "guest", party: party,
                initiator: "guest:9999", origin: "deploy", source: "0", created: created, contents: Data([1, 0, 255])),
            files: ["a", "b"].map { task in
                ModelFileRecord(
                    modelID: "guest-9999#host-10000#model", version: version, role: "guest", party: party, task: task,
                    name: "model", path: "\(path)/\(task)", digest: "d", bytes: 3)
            })
    }

    @Test(arguments: Kind.allCases) func aVersionComesWithItsFilesAndGoesWithThem(kind: Kind) async throws {
        let store = try await kind.make()
        let model = Self.model("1")
        #expect(try await store.putModel(model, replaces: false))
        #expect(
            try await store.model(id: model.record.modelID, version: "1", role: "guest", party: "9999") == model.record)
        #expect(try await store.model(id: model.record.modelID, version: "1", role: "host", party: "9999") == nil)
        #expect(try await store.modelFiles(of: model.record) == model.files)
        #expect(try await store.sealedPaths() == ["/m/a", "/m/b"])
        #expect(try await store.removeModel(model.record))
        #expect(try await !store.removeModel(model.record))
        #expect(try await store.modelFiles(of: model.record).isEmpty)
        #expect(try await store.sealedPaths().isEmpty)
    }

    @Test(arguments: Kind.allCases) func aVersionIsReplacedAsAWholeOrNotAtAll(kind: Kind) async throws {
        let store = try await kind.make()
        _ = try await store.putModel(Self.model("1"), replaces: false)
        var other = Self.model("1", created: 2, path: "/n")
        other.files.removeLast()
        #expect(try await !store.putModel(other, replaces: false))
        #expect(try await store.sealedPaths() == ["/m/a", "/m/b"])
        #expect(try await store.putModel(other, replaces: true))
        #expect(try await store.sealedPaths() == ["/n/a"])
    }

    @Test(arguments: Kind.allCases) func versionsAreListedNewestFirst(kind: Kind) async throws {
        let store = try await kind.make()
        for version in ["1", "3", "2"] {
            _ = try await store.putModel(Self.model(version, created: Int64(version) ?? 0), replaces: false)
        }
        _ = try await store.putModel(Self.model("3", party: "8888", created: 3), replaces: false)
        #expect(try await store.models(version: nil, limit: 10).map(\.version) == ["3", "3", "2", "1"])
        #expect(try await store.models(version: "3", limit: 10).map(\.party) == ["8888", "9999"])
        #expect(try await store.models(version: nil, limit: 1).count == 1)
    }

    @Test(arguments: Kind.allCases) func versionsAreWrittenWithTheHeartsRowsOrNotAtAll(kind: Kind) async throws {
        let store = try await kind.make()
        var commit = Commit()
        commit.writes = [AggregateWrite(kind: "member", id: "1/guest/9999", expected: nil, payload: Data([1]))]
        commit.models = [Self.model("1")]
        try await store.commit(commit)
        #expect(try await store.models(version: "1", limit: 10).count == 1)
        commit.models = [Self.model("2")]
        await #expect(throws: StoreError.self) { try await store.commit(commit) }
        #expect(try await store.models(version: "2", limit: 10).isEmpty)
    }

    @Test(arguments: Kind.allCases) func noCommitChangesAVersionThatIsThere(kind: Kind) async throws {
        let store = try await kind.make()
        _ = try await store.putModel(Self.model("1"), replaces: false)
        var commit = Commit()
        commit.writes = [AggregateWrite(kind: "member", id: "1/guest/9999", expected: nil, payload: Data([1]))]
        commit.models = [Self.model("1", created: 2, path: "/n"), Self.model("2", path: "/o")]
        try await store.commit(commit)
        #expect(try await store.sealedPaths() == ["/m/a", "/m/b", "/o/a", "/o/b"])
        #expect(try await store.models(version: "1", limit: 10) == [Self.model("1").record])
    }

    @Test(arguments: Kind.allCases) func tagsAreMadeRenamedAndTakenOff(kind: Kind) async throws {
        let store = try await kind.make()
        try await store.putTag(ModelTagRecord(name: "good", description: "", created: 1))
        try await store.putTag(ModelTagRecord(name: "good", description: "better", created: 9))
        #expect(try await store.tags() == [ModelTagRecord(name: "good", description: "better", created: 1)])
        for version in ["1", "2", "2"] { try await store.tag(version, with: "good") }
        #expect(try await store.taggedModels().map(\.version) == ["1", "2"])
        try await store.putTag(ModelTagRecord(name: "other", description: "", created: 1))
        #expect(try await !store.renameTag("good", to: "other"))
        #expect(try await !store.renameTag("none", to: "new"))
        #expect(try await store.renameTag("good", to: "new"))
        #expect(try await store.taggedModels().map(\.tag) == ["new", "new"])
        #expect(try await store.untag("1", of: "new"))
        #expect(try await !store.untag("1", of: "new"))
        #expect(try await store.removeTag("new"))
        #expect(try await store.taggedModels().isEmpty)
        #expect(try await !store.removeTag("new"))
    }
}
