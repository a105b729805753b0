import Foundation
import NornKit
import NornTestHost
import Testing

/// Admission compares the manifest with what the library says of itself; here it is held together while it is written.
@Suite struct ToyManifestTests {
    @Test func saysWhatTheLibraryDescribes() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../components/toy/manifest.json")
        let manifest = try JSONDecoder().decode(Manifest.self, from: Data(contentsOf: path))
        let component = try #require(manifest.components.first)
        let described = try TestHost(product: "norn_toy").describe(component.name)
        #expect(described["name"] == .text(component.name))
        #expect(described["roles"] == .array(component.roles.map { .text($0) }))
        #expect(described["inputs"] == [])
        #expect(described["outputs"] == [])
        #expect(described["parameters"]?.map?.mapValues(\.int) == component.parameters.properties.mapValues(\.default))
        let kernels = component.kernels.map { kernel -> CBOR in
            ["name": .text(kernel.name), "revision": .int(Int64(kernel.revision))]
        }
        #expect(described["kernels"] == .array(kernels))
    }
}

private struct Manifest: Decodable {
    struct Component: Decodable {
        struct Parameters: Decodable {
            struct Property: Decodable { let `default`: Int? }
            let properties: [String: Property]
        }
        struct Kernel: Decodable {
            let name: String
            let revision: Int
        }
        let name: String
        let roles: [String]
        let parameters: Parameters
        let kernels: [Kernel]
    }
    let components: [Component]
}
