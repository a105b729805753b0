import Foundation
import NornManifest
import NornStore
import Testing

@testable import NornSite

@Suite struct TableServiceTests {
    private static func table(owner: String, path: String) -> TableRecord {
        TableRecord(
            namespace: "example", name: "t", sealed: "s", engine: "standalone", path: path, schema: Data(), rows: 1,
            partitions: 1, owner: owner, created: 1)
    }

    /// Two uploads of one name: both found it free when they began.
    @Test func aNameThatAnotherPartyTookMeanwhileStaysTheirs() async throws {
        let store = try SQLiteStore.inMemory()
        let service = TableService(store: store) { Catalogue(manifests: []) }
        try await service.replace(with: Self.table(owner: "9999", path: "/none/a"))
        let refusal = await #expect(throws: SiteError.self) {
            try await service.replace(with: Self.table(owner: "10000", path: "/none/b"))
        }
        #expect(refusal?.code == "forbidden_table")
        #expect(try await store.table(namespace: "example", name: "t")?.owner == "9999")
        try await service.replace(with: Self.table(owner: "9999", path: "/none/c"))
        #expect(try await store.table(namespace: "example", name: "t")?.path == "/none/c")
    }
}
